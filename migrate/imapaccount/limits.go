package imapaccount

import (
	"context"
	"strconv"
	"strings"

	"github.com/mailhaul/mailhaul"
)

// Limits implements mailhaul.Holder. Of several quota roots the one with the
// least room counts.
func (t *Target) Limits(ctx context.Context) (mailhaul.Limits, error) {
	limits := mailhaul.Limits{Message: -1, Used: -1, Total: -1}
	err := t.withRetry(ctx, func(s *session) error {
		for c := range s.caps {
			if n, ok := strings.CutPrefix(string(c), "APPENDLIMIT="); ok {
				if octets, err := strconv.ParseInt(n, 10, 64); err == nil {
					limits.Message = octets
				}
			}
		}
		var status, quota string
		if s.caps.Has("APPENDLIMIT") {
			status = s.send(`STATUS "INBOX" (APPENDLIMIT)`)
		}
		if s.caps.Has("QUOTA") {
			quota = s.send(`GETQUOTAROOT "INBOX"`)
		}
		if err := s.conn.Flush(); err != nil {
			return err
		}
		for _, tag := range []string{status, quota} {
			if tag == "" {
				continue
			}
			err := s.wait(tag, 1000, maxLine, func(_ uint32, word string, r *response) error {
				switch word {
				case "STATUS":
					return readAppendLimit(r, &limits)
				case "QUOTA":
					return readQuota(r, &limits)
				}
				return nil
			})
			if err != nil && !isRefusal(err) {
				return err
			}
		}
		return nil
	})
	t.limit = limits.Message
	return limits, err
}

// readAppendLimit reads the APPENDLIMIT of a STATUS answer (RFC 7889, 4); NIL is
// no limit.
func readAppendLimit(r *response, limits *mailhaul.Limits) error {
	if _, err := r.name(); err != nil {
		return err
	}
	r.blanks()
	if err := r.expect('('); err != nil {
		return err
	}
	if strings.EqualFold(string(r.word()), "APPENDLIMIT") {
		r.blanks()
		if n, err := r.number(); err == nil {
			limits.Message = int64(n)
		}
	}
	r.rest = nil
	return nil
}

// readQuota reads a QUOTA answer (RFC 9208, 5.1): storage is counted in units of
// 1024 octets.
func readQuota(r *response, limits *mailhaul.Limits) error {
	if _, _, err := r.text(); err != nil { // the root, "" for the usual one
		return err
	}
	r.blanks()
	if !r.eat('(') { // Courier 5 sends no list where there is no quota
		return nil
	}
	for r.blanks(); !r.eat(')'); r.blanks() {
		resource := strings.ToUpper(string(r.word()))
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
