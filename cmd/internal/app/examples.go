package app

// examples are command lines for each command, as help, the manual page and a
// person's first attempt need them. A test parses each.
func examples(command string) []string {
	return map[string][]string{
		"backup": {
			"mailhaul backup imaps://me@mail.example.org ~/mail",
			"mailhaul backup imaps://me@mail.example.org ~/mail --dry-run",
			"mailhaul backup 'imaps://me@mail.example.org?password-file=~/.mail-password' ~/mail --quiet",
			"mailhaul backup work ~/work-mail --exclude Trash --exclude 'Lists/*'",
		},
		"restore": {
			"mailhaul restore ~/mail imaps://me@mail.example.org",
			"mailhaul restore ~/mail imaps://me@mail.example.org --folder Holiday",
			"mailhaul restore ~/mail imaps://me@mail.example.org --deleted-since 2025-06-01",
			"mailhaul restore ~/mail imaps://me@mail.example.org --as-of 12 --prefix Before",
			"mailhaul restore ~/mail imaps://me@mail.example.org --folder INBOX --uid 47 --into Found",
		},
		"migrate": {
			"mailhaul migrate imaps://me@old.example.org imaps://me@new.example.org --dry-run",
			"mailhaul migrate imaps://me@old.example.org imaps://me@new.example.org",
			"mailhaul migrate SOURCE TARGET --folder 'Work/*' --map Work=Archive/Work",
			"mailhaul migrate SOURCE TARGET --match    # another tool copied a part",
			"mailhaul migrate --list accounts.csv --jobs 8",
		},
		"import": {
			"mailhaul import maildir:~/Maildir imaps://me@mail.example.org",
			"mailhaul import mbox:/var/mail/me imaps://me@mail.example.org --map me=INBOX",
			"mailhaul import ~/.thunderbird/x1.default/Mail imaps://me@mail.example.org --prefix Old",
		},
		"export": {
			"mailhaul export ~/mail maildir:/tmp/mail",
			"mailhaul export ~/mail mbox:/tmp/mail --folder 'Work/*' --since 2024-01-01",
			"mailhaul export ~/mail maildir:/tmp/may --as-of 2024-05-31",
		},
		"ls": {
			"mailhaul ls ~/mail",
			"mailhaul ls ~/mail INBOX --all",
			"mailhaul ls ~/mail INBOX --as-of 2024-05-31",
		},
		"show": {
			"mailhaul show ~/mail INBOX 47",
			"mailhaul show ~/mail INBOX 47 > message.eml",
		},
		"history": {"mailhaul history ~/mail"},
		"lost": {
			"mailhaul lost ~/mail",
			"mailhaul lost ~/mail --since 2024-05-31",
		},
		"verify": {
			"mailhaul verify ~/mail",
			"mailhaul verify ~/mail --since last",
			"mailhaul verify ~/mail --sample 5% --quiet    # each day another part",
		},
		"repair": {
			"mailhaul repair ~/mail imaps://me@mail.example.org",
			"mailhaul repair ~/mail /mnt/copy-of-mail --dry-run",
		},
		"rebuild": {
			"mailhaul rebuild ~/mail",
			"mailhaul rebuild ~/mail --account me@mail.example.org",
		},
		"prune": {
			"mailhaul prune ~/mail --keep-gone 365d --dry-run",
			"mailhaul prune ~/mail --keep-gone 2y --folder 'Lists/*' --yes",
		},
		"compare": {
			"mailhaul compare imaps://me@old.example.org imaps://me@new.example.org",
			"mailhaul compare ~/mail imaps://me@mail.example.org --quick",
		},
		"check": {
			"mailhaul check imaps://me@mail.example.org",
			"mailhaul check ~/mail",
		},
		"config init":     {"mailhaul config init"},
		"config add":      {"mailhaul config add me@example.org"},
		"config path":     {"mailhaul config path"},
		"config show":     {"mailhaul config show", "mailhaul config show work"},
		"config check":    {"mailhaul config check --config /etc/mailhaul.toml"},
		"config password": {"mailhaul config password work", "mailhaul config password work --forget"},
		"login":           {"mailhaul login work", "mailhaul login work --device"},
		"logout":          {"mailhaul logout work"},
		"run": {
			"mailhaul run",
			"mailhaul run home work --jobs 2",
			"mailhaul run --quiet --metrics-file /var/lib/node_exporter/mailhaul.prom",
		},
		"status": {
			"mailhaul status",
			"mailhaul status --max-age 36h --json",
			"mailhaul status ~/mail --max-age 3d",
		},
		"completion": {
			"mailhaul completion bash > ~/.local/share/bash-completion/completions/mailhaul",
			"mailhaul completion zsh > ~/.zfunc/_mailhaul    # a directory of $fpath",
			"mailhaul completion fish > ~/.config/fish/completions/mailhaul.fish",
		},
		"demo":    {"mailhaul demo", "mailhaul demo --keep"},
		"version": {"mailhaul version"},
		"help":    {"mailhaul help backup", "mailhaul help config show"},
	}[command]
}
