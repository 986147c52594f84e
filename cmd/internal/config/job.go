package config

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
)

// Job is a [jobs.NAME] table: a run of backup or migrate under a name.
type Job struct {
	Name string
	Kind string // backup or migrate
	// Account and Archive are a backup's, Source and Target a migration's; accounts
	// are names in the same file.
	Account, Archive, Source, Target string
	// Values are its keys: those and the flags of the command.
	Values Values
	line   int
}

// Args is the command line of the job, without its flags.
func (j *Job) Args() []string {
	if j.Kind == "migrate" {
		return []string{"migrate", "@" + j.Source, "@" + j.Target}
	}
	return []string{"backup", "@" + j.Account, j.Archive}
}

// ends are the keys that say between what the job of a kind runs.
func ends(kind string) []string {
	if kind == "migrate" {
		return []string{"source", "target"}
	}
	return []string{"account", "archive"}
}

// readJob reads [jobs.NAME].
func (r *reader) readJob(n *node) {
	where := fmt.Sprintf("[jobs.%s]", n.name)
	kind := ""
	if k := n.child("kind"); k != nil && k.value != nil && slices.Contains(JobKinds(), strings.ToLower(k.value.text)) {
		kind = strings.ToLower(k.value.text)
	}
	// Without a kind what stands in the table may be of either.
	settings := settingsIn(InJob)
	for _, other := range JobKinds() {
		if kind == "" || kind == other {
			settings = append(settings, keySettings(other)...)
		} else {
			settings = slices.DeleteFunc(settings, func(s Setting) bool { return slices.Contains(ends(other), s.Name) })
		}
	}
	j := &Job{Name: n.name, Kind: kind, line: n.line, Values: r.values(n.children, settings, r.jobWords(where, kind))}
	j.Account, j.Source, j.Target = j.accountAt("account"), j.accountAt("source"), j.accountAt("target")
	j.Archive = j.Values["archive"].Text()
	r.file.Jobs = append(r.file.Jobs, j)
	switch {
	case n.damaged:
	case kind != "":
		r.require(n, where, ends(kind)...)
	default:
		r.require(n, where, "kind")
	}
}

// jobWords names a job's table in messages.
func (r *reader) jobWords(where, kind string) string {
	if kind == "" {
		return where
	}
	return where + ", a " + kind
}

// accountAt is the account that a key names, with or without an @ before it.
func (j *Job) accountAt(key string) string { return strings.TrimPrefix(j.Values[key].Text(), "@") }

// checkReferences holds what jobs say of accounts and of each other.
func (r *reader) checkReferences() {
	archives := map[string]*Job{}
	for _, j := range r.file.Jobs {
		for _, key := range []string{"account", "source", "target"} {
			v, given := j.Values[key]
			name := strings.TrimPrefix(v.Text(), "@")
			if given && !r.document.cut && r.file.Account(name) == nil {
				r.addf(v.Origin.Line, "%s: there is no account %q%s", key, name, r.meantAccount(name))
			}
		}
		if j.Source != "" && j.Source == j.Target {
			r.addf(j.Values["target"].Origin.Line, "source and target are the same account")
		}
		archive, given := j.Values["archive"]
		if !given {
			continue
		}
		place := filepath.Clean(archive.Text())
		if first := archives[place]; first != nil {
			r.addf(archive.Origin.Line, "the job %s (line %d) writes the same archive; each account has its own", first.Name, first.Values["archive"].Origin.Line)
			continue
		}
		archives[place] = j
	}
}

// meantAccount suggests an account.
func (r *reader) meantAccount(name string) string {
	if IsURL(name) {
		return "; put it in [accounts.NAME] and write NAME here"
	}
	return DidYouMean(name, r.file.AccountNames())
}
