package config

import "slices"

// mostJobs bounds what runs at once on one machine.
const mostJobs = 64

// mostConnections is more than any server grants a user.
const mostConnections = 32

// Settings are all the settings there are: flags, keys of the config file and
// environment variables come from here, and so does their help.
func Settings() []Setting {
	flags := slices.Concat(archiveSettings(), haulSettings(), choiceSettings(), accountSettings(), tokenSettings(), oauthSettings(), outputSettings(), configSettings(), addSettings(), runSettings())
	return slices.Concat(flags, fileSettings(flags), loginSettings(), jobSettings())
}

// putting are the commands that put mail into an account.
func putting() []string { return []string{"restore", "migrate", "import"} }

// connecting are the commands that speak to an account.
func connecting() []string {
	return append(putting(), "backup", "repair", "compare", "check", "login")
}

// archiveSettings are those of commands that work on an archive.
func archiveSettings() []Setting {
	return []Setting{
		{Name: "format", Kind: Choice, Values: []string{"maildir", "mbox"}, Default: "maildir", Commands: []string{"backup"},
			Usage: "`FORMAT` of a new archive: maildir (the default) or mbox"},
		{Name: "deleted", Kind: Bool, Commands: []string{"restore", "export"},
			Usage: "also messages that had been deleted from the server\nbefore"},
		{Name: "all", Short: "a", Kind: Bool, Commands: []string{"ls"}, Usage: "also list messages that are gone from the server"},
		{Name: "as-of", Commands: []string{"restore", "export", "ls", "show"},
			Usage: "the archive as it stood at `RUN|DATE`: its folders,\nmessages and flags of then"},
		{Name: "deleted-since", Commands: []string{"restore", "export"},
			Usage: "only messages that were deleted from the server since\n`RUN|DATE`: those of 'mailhaul lost'"},
		{Name: "since", Commands: []string{"lost"}, Usage: "only those that were deleted since `RUN|DATE`"},
		{Name: "sample", Commands: []string{"verify"}, Usage: "read only a `PART`: 5% (another part each day), or 3/20"},
		{Name: "since", Commands: []string{"verify"}, Usage: "read only what `RUN` and later runs stored; last is the last run"},
		{Name: "keep-gone", NoKey: true, Commands: []string{"prune"},
			Usage: "keep what is gone for no longer than `AGE`: days, weeks,\nmonths, years, as in 90d, 12w, 6m, 2y; or gone since a date"},
		{Name: "yes", Kind: Bool, NoKey: true, Commands: []string{"prune"}, Usage: "do not ask"},
		{Name: "account", Commands: []string{"rebuild"}, Usage: "whose mail it is, `USER@HOST`, if nothing in the archive says so"},
		{Name: "force", Kind: Bool, Commands: []string{"rebuild"}, Usage: "make the ledger anew even if it is sound"},
		{Name: "keep", Kind: Bool, Commands: []string{"demo"}, Usage: "keep the archive to look into; else it is removed at the end"},
		{Name: "uid", Commands: []string{"restore"},
			Usage: "only messages with the UIDs of `SET`, as in 7,12:15;\nthey are those of 'mailhaul ls ARCHIVE FOLDER'"},
	}
}

// haulSettings say what becomes of mail on its way, and how ends are compared.
func haulSettings() []Setting {
	return []Setting{
		{Name: "into", Commands: []string{"restore", "import"}, Usage: "put all messages into `FOLDER`"},
		{Name: "map", Kind: List, Commands: putting(), Usage: "folder OLD, and what is below it, becomes NEW:\n`OLD=NEW`; may be repeated"},
		{Name: "prefix", Commands: putting(), Usage: "put all folders below `FOLDER`"},
		{Name: "mbox-dialect", Kind: Choice, Values: []string{"mboxo", "mboxrd", "mboxcl", "mboxcl2"}, Commands: []string{"import"},
			Usage: "`DIALECT` of mbox files where it is not found out\nright: mboxo, mboxrd, mboxcl or mboxcl2"},
		{Name: "match", Kind: Bool, Commands: []string{"migrate"},
			Usage: "recognise mail that the target has already, by its\nheader, and do not copy it"},
		{Name: "again", Kind: Bool, Commands: []string{"migrate"}, Usage: "copy again what was copied and is no longer there"},
		{Name: "max-download", Kind: Budget, Commands: []string{"backup", "migrate"},
			Usage: "stop in good order after so many octets of mail in\n24 hours: `2000M/day`"},
		{Name: "no-flags", Kind: Bool, Commands: []string{"migrate"}, Usage: "leave flags of what was copied before as they are"},
		{Name: "mirror", Kind: Bool, Commands: []string{"migrate"},
			Usage: "remove from the target what was copied there and\nis gone from the source; asks before"},
		{Name: "yes", Kind: Bool, Commands: []string{"migrate"}, Usage: "with --mirror: do not ask"},
		{Name: "quick", Kind: Bool, Commands: []string{"compare"}, Usage: "compare headers and sizes, do not read bodies"},
		{Name: "no-flags", Kind: Bool, Commands: []string{"compare"}, Usage: "do not compare flags"},
		{Name: "no-dates", Kind: Bool, Commands: []string{"compare"}, Usage: "do not compare dates of arrival"},
		{Name: "zones", Kind: Bool, Commands: []string{"compare"}, Usage: "dates that differ only in their zone differ, too"},
	}
}

// choiceSettings choose folders and messages.
func choiceSettings() []Setting {
	folders, messages := append(putting(), "backup", "compare", "export", "prune", "config show"), append(putting(), "export")
	return []Setting{
		{Name: "folder", Kind: List, Commands: folders, In: InAccount, Usage: "only folders that match `PATTERN`; may be repeated"},
		{Name: "exclude", Kind: List, Commands: folders, In: InAccount, Usage: "no folders that match `PATTERN`; may be repeated"},
		{Name: "since", Kind: Date, Commands: messages, Usage: "only messages that arrived on `DATE` (2024-12-31) or later"},
		{Name: "before", Kind: Date, Commands: messages, Usage: "only messages that arrived before `DATE`"},
		{Name: "max-size", Kind: Size, Commands: messages, Usage: "no messages of more than `SIZE` octets, as in 25M"},
		{Name: "dry-run", Short: "n", Kind: Bool, Commands: append(putting(), "backup", "repair", "prune"),
			Usage: "tell what would be done, change nothing"},
	}
}

// accountSettings say how an account is reached.
func accountSettings() []Setting {
	connecting := append(connecting(), "config show")
	return []Setting{
		{Name: "authzid", Commands: connecting, In: InAccount,
			Usage: "read or write the mail of `USER`, for whom the one\nwho logs in may act (master users)"},
		{Name: "connections", Kind: Count, Max: mostConnections, Default: "4", Commands: connecting, In: InAccount,
			Usage: "at most `N` connections to the server (4)"},
		{Name: "timeout", Kind: Timeout, Default: "60s", Commands: connecting, In: InAccount,
			Usage: "give a connection up after `TIME` without one octet (60s)"},
		{Name: "limit-rate", Kind: Rate, Commands: connecting, In: InAccount,
			Usage: "at most `RATE` octets a second, as in 500K or 2M"},
		{Name: "trace", Kind: Path, Commands: connecting, In: InAccount,
			Usage: "write the conversation with the server to `FILE`,\nwithout secrets and mail"},
		{Name: "insecure", Kind: Bool, Commands: connecting, In: InAccount,
			Usage: "allow plain text to other machines: password and\nmail can be read on the way"},
	}
}

// outputSettings say how much is said, and how.
func outputSettings() []Setting {
	loud := append(connecting(), "export", "verify", "rebuild", "prune", "run")
	return []Setting{
		{Name: "quiet", Short: "q", Kind: Bool, Over: "verbose", Commands: loud, Usage: "say nothing unless something is wrong"},
		{Name: "verbose", Short: "v", Kind: Bool, Over: "quiet", Commands: loud, Usage: "tell each folder and what else may be of interest"},
		{Name: "json", Kind: Bool, Commands: append(loud, "ls", "history", "lost", "status", "config show"), Usage: "write one JSON object a line to standard output"},
		{Name: "cpuprofile", Kind: Path, Hidden: true, Commands: append(putting(), "backup"), Usage: "write a CPU profile to `FILE`"},
	}
}

// configSettings are those of the commands that work on the config file.
func configSettings() []Setting {
	return []Setting{
		{Name: "forget", Kind: Bool, NoKey: true, Commands: []string{"config password"}, Usage: "take the password out of the keyring"},
	}
}

// addSettings are those of the command that adds an account: what it would find,
// or ask for.
func addSettings() []Setting {
	add := []string{"config add"}
	return []Setting{
		{Name: "name", NoKey: true, Commands: add, Usage: "call the account `NAME`, not as its address"},
		{Name: "address", NoKey: true, Commands: add, Usage: "the server is `URL`, imaps://HOST[:PORT] or imap://HOST[:PORT]:\nit is not looked for"},
		{Name: "user", NoKey: true, Commands: add, Usage: "log in as `USER`, not as the address"},
		{Name: "ca", Kind: Path, NoKey: true, Commands: add, Usage: "trust the certificate authorities in `FILE` (PEM)"},
		{Name: "password-file", Kind: Path, NoKey: true, Commands: add, Usage: "the password is the first line of `FILE`"},
		{Name: "password-command", NoKey: true, Commands: add, Usage: "the password is the first line that `COMMAND` writes"},
		{Name: "password-env", NoKey: true, Commands: add, Usage: "the password is in the environment variable `NAME`"},
		{Name: "keyring", Kind: Bool, NoKey: true, Commands: add, Usage: "put the password into the keyring of the system"},
		{Name: "client-id", NoKey: true, Commands: add, Usage: "log in with OAuth 2.0, as the client `ID` that you registered"},
		{Name: "client-secret-file", Kind: Path, NoKey: true, Commands: add, Usage: "the secret that belongs to it is the first line of `FILE`"},
		{Name: "provider", Kind: Choice, Values: tokenProviders(), NoKey: true, Commands: add, Usage: "`NAME` of the provider that gives the tokens, where it is not\nfound: google, microsoft"},
		{Name: "yes", Kind: Bool, NoKey: true, Commands: add, Usage: "the server may lie in another domain: do not ask"},
		{Name: "untested", Kind: Bool, NoKey: true, Commands: add, Usage: "do not log in to see whether it works"},
		{Name: "quiet", Short: "q", Kind: Bool, Over: "verbose", NoKey: true, Commands: add, Usage: "say nothing unless something is wrong"},
		{Name: "verbose", Short: "v", Kind: Bool, Over: "quiet", NoKey: true, Commands: add, Usage: "tell which servers were tried"},
	}
}

// fileSettings is the flag of all commands that have flags, and of those that work
// on the file.
func fileSettings(flags []Setting) []Setting {
	commands := []string{"config init", "config path", "config check", "history", "logout"}
	for _, s := range flags {
		commands = append(commands, s.Commands...)
	}
	slices.Sort(commands)
	return []Setting{{Name: "config", Kind: Path, NoKey: true, Commands: slices.Compact(commands),
		Usage: "read accounts, jobs and defaults from `FILE`"}}
}

// loginSettings say where an account is and how one logs in. They are no flags: an
// endpoint URL says the same.
func loginSettings() []Setting {
	return []Setting{
		{Name: "address", In: InAccount, Usage: "`URL` of the server: imaps://HOST[:PORT] (encrypted) or imap://HOST[:PORT] (STARTTLS)"},
		{Name: "user", In: InAccount, Usage: "`NAME` to log in with"},
		{Name: "auth", Kind: Choice, Values: Mechanisms(), In: InAccount, Usage: "`MECHANISM` of authentication, not the best there is"},
		{Name: "ca", Kind: Path, In: InAccount, Usage: "trust the certificate authorities in `FILE` (PEM), and no others"},
		{Name: "tls", Kind: Choice, Values: []string{"off"}, In: InAccount, Usage: "`off`: plain text, with imap:// only"},
		{Name: "password-file", Kind: Path, In: InAccount, Usage: "the password is the first line of `FILE`, which only you can read"},
		{Name: "password-command", Kind: Command, In: InAccount, Usage: "the password is the first line that `COMMAND` writes"},
		{Name: "password-env", In: InAccount, Usage: "the password is in the environment variable `NAME`"},
		{Name: "keyring", Kind: Bool, In: InAccount, Usage: "the password is in the keyring of the system: 'mailhaul config password'"},
		{Name: "systemd-credential", In: InAccount, Usage: "the password is the credential `NAME` that systemd hands to a service"},
		{Name: "oauth", Kind: Table, In: InAccount, Usage: "a token in place of a password"},
	}
}

// jobSettings are the keys of a job that are not flags of its command.
func jobSettings() []Setting {
	return []Setting{
		{Name: "kind", Kind: Choice, Values: JobKinds(), In: InJob, Usage: "`backup` or migrate"},
		{Name: "account", In: InJob, Usage: "of a backup: the account, its `NAME` in this file"},
		{Name: "archive", Kind: Path, In: InJob, Usage: "of a backup: the `DIRECTORY` of the archive"},
		{Name: "source", In: InJob, Usage: "of a migrate: the account that is copied, its `NAME`"},
		{Name: "target", In: InJob, Usage: "of a migrate: the account that is copied into, its `NAME`"},
		{Name: "schedule", In: InJob, Usage: "when it is meant to run, as `TEXT` for OnCalendar= of systemd; mailhaul starts nothing by itself"},
		{Name: "keep-gone", Kind: Period, In: InJob, Usage: "keep what vanished from the server for `PERIOD`: 90d, 12w, 6m or 2y"},
		{Name: "notify-command", Kind: Command, In: InJob, Usage: "`COMMAND` that is told how the job ended"},
		{Name: "notify-url", Kind: URL, Secret: true, In: InJob, Usage: "`URL` that is told of start, success and failure"},
		{Name: "notify-mail", In: InJob, Usage: "`ADDRESS` that gets a mail, through sendmail, when the job failed"},
	}
}

// runSettings are those of the commands that run jobs and look after them.
func runSettings() []Setting {
	return []Setting{
		{Name: "jobs", Short: "j", Kind: Count, Max: mostJobs, Default: "4", Commands: []string{"run", "migrate"},
			Usage: "at most `N` jobs, or accounts of a list, at once (4)"},
		{Name: "list", Kind: Path, NoKey: true, Commands: []string{"migrate"},
			Usage: "migrate the accounts of `FILE`, a CSV file"},
		{Name: "max-age", Kind: Age, Commands: []string{"status"},
			Usage: "exit with 1 when the last good run of anything ended\nlonger than `TIME` ago, as in 36h or 3d"},
		{Name: "metrics-file", Kind: Path, Commands: []string{"run", "status"},
			Usage: "write the figures of status to `FILE`, for Prometheus"},
	}
}

// JobKinds are the commands that a job can run.
func JobKinds() []string { return []string{"backup", "migrate"} }

// tokenSettings are those of the command that gets a token and of no account.
func tokenSettings() []Setting {
	login := []string{"login"}
	return []Setting{
		{Name: "device", Kind: Bool, NoKey: true, Commands: login, Usage: "log in with a code, in a browser on any device"},
		{Name: "no-browser", Kind: Bool, NoKey: true, Commands: login, Usage: "show the page's URL, open no browser"},
		{Name: "keyring", Kind: Bool, NoKey: true, Commands: login, Usage: "keep the token in the keyring of the system, not in\na file"},
	}
}

// tokenProviders are those whose URLs are known.
func tokenProviders() []string { return []string{"google", "microsoft"} }

// oauthSettings are the keys of an account's oauth table.
func oauthSettings() []Setting {
	login := []string{"login"}
	return []Setting{
		{Name: "provider", Kind: Choice, Values: tokenProviders(), In: InOAuth, NoKey: true, Commands: login, Usage: "`NAME` of a provider whose URLs are known: google,\nmicrosoft"},
		{Name: "flow", Kind: Choice, Values: []string{"browser", "device", "service-account", "client-credentials"}, In: InOAuth, NoKey: true, Commands: login,
			Usage: "`WAY` to a token: browser (the default), device,\nservice-account or client-credentials"},
		{Name: "client-id", In: InOAuth, NoKey: true, Commands: login, Usage: "`ID` under which you registered mailhaul at the provider"},
		{Name: "client-secret", Secret: true, In: InOAuth, Usage: "`SECRET` that belongs to it"},
		{Name: "client-secret-file", Kind: Path, In: InOAuth, NoKey: true, Commands: login, Usage: "the secret that belongs to it is the first line of `FILE`"},
		{Name: "auth-url", Kind: URL, In: InOAuth, NoKey: true, Commands: login, Usage: "`URL` at which a person agrees"},
		{Name: "token-url", Kind: URL, In: InOAuth, NoKey: true, Commands: login, Usage: "`URL` that gives tokens"},
		{Name: "device-url", Kind: URL, In: InOAuth, NoKey: true, Commands: login, Usage: "`URL` that gives device codes"},
		{Name: "revoke-url", Kind: URL, In: InOAuth, NoKey: true, Commands: login, Usage: "`URL` that ends a login"},
		{Name: "scopes", Kind: List, In: InOAuth, NoKey: true, Commands: login, Usage: "what the token is for, as a list of `TEXT`"},
		{Name: "tenant", In: InOAuth, NoKey: true, Commands: login, Usage: "`ID` of the organisation, at Microsoft"},
		{Name: "key-file", Kind: Path, In: InOAuth, NoKey: true, Commands: login, Usage: "the key of a service account is in `FILE` (JSON)"},
		{Name: "user", In: InOAuth, Usage: "`NAME` for whom the token is, not the account's user"},
	}
}
