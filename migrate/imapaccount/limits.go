package imapaccount

import (
	"strconv"
	"strings"

	"github.com/mailhaul/mailhaul"
)

// Limits implements mailhaul.Holder.
func (t *Target) Limits() mailhaul.Limits { return t.limits }

// askLimits sends the questions for what the account takes. Of several quota
// roots the one with the least room counts.
func (l *lister) askLimits() (tags []string) {
	l.limitsFound = mailhaul.Limits{Message: -1, Used: -1, Total: -1}
	for c := range l.s.caps {
		if n, ok := strings.CutPrefix(string(c), "APPENDLIMIT="); ok {
			if octets, err := strconv.ParseInt(n, 10, 64); err == nil {
				l.limitsFound.Message = octets
			}
		}
	}
	if l.s.caps.Has("APPENDLIMIT") {
		tags = append(tags, l.s.send(`STATUS "INBOX" (APPENDLIMIT)`))
	}
	if l.s.caps.Has("QUOTA") {
		tags = append(tags, l.s.send(`GETQUOTAROOT "INBOX"`))
	}
	return tags
}

// readAppendLimit reads the items of a STATUS answer if these are APPENDLIMIT
// alone (RFC 7889, 4); NIL is no limit.
func (l *lister) readAppendLimit(r *response) (done bool, err error) {
	rest := strings.TrimLeft(string(r.rest), " ")
	if len(rest) < 12 || !strings.EqualFold(rest[:12], "(APPENDLIMIT") {
		return false, nil
	}
	r.blanks()
	r.eat('(')
	r.word()
	r.blanks()
	if n, err := r.number(); err == nil {
		l.limitsFound.Message = int64(n)
	}
	r.rest = nil
	return true, nil
}

// readQuota reads a QUOTA answer (RFC 9208, 5.1): storage is counted in units of
// 1024 octets.
func readQuota(r *response, limits *mailhaul.Limits) error {
	if _, _, err := r.text(); err != nil { // the root, "" for the usual one
		return err
	}
	r.blanks()
	if !r.eat('(') { // Courier 5 names a root without any limit so
		return nil
	}
	for r.blanks(); !r.eat(')'); r.blanks() {
		resource := strings.ToUpper(string(r.word()))
		if resource == "" {
			return r.syntax("a quota resource")
		}
		r.blanks()
		used, err := r.number()
		if err != nil {
			return err
		}
		r.blanks()
		total, err := r.number()
		if err != nil {
			return err
		}
		free := int64(total) - int64(used)
		if resource == "STORAGE" && (limits.Total < 0 || free*1024 < limits.Total-limits.Used) {
			limits.Used, limits.Total = int64(used)*1024, int64(total)*1024
		}
	}
	return nil
}
