package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"
	"time"

	"github.com/mailhaul/mailhaul"
	"github.com/mailhaul/mailhaul/cmd/internal/ui"
)

// Bounds of the sample by which a first run is estimated.
const (
	sampleFolders = 3
	samplePerEach = 20      // messages of a folder
	sampleOctets  = 4 << 20 // in all; a message that would be more is left out
)

// measured is what was measured with some messages.
type measured struct {
	sized       int64 // messages whose size was asked for
	sizedOctets int64
	messages    int64 // messages that were fetched
	octets      int64
	took        time.Duration
}

// estimateObject is the estimate as a line of JSON.
type estimateObject struct {
	Event          string  `json:"event"`
	Messages       int64   `json:"messages"`
	Octets         int64   `json:"octets"`          // -1: unknown
	OctetsExact    bool    `json:"octets_exact"`    // else reckoned from the sample
	Seconds        float64 `json:"seconds"`         // -1: unknown
	SampleMessages int64   `json:"sample_messages"` // fetched to see how fast the line is
	SampleOctets   int64   `json:"sample_octets"`
	SampleSeconds  float64 `json:"sample_seconds"`
	Days           int64   `json:"days,omitempty"` // at least, by the provider's daily limit
}

// firstRun tells how long a first backup may take, and how that was reckoned.
func (c *accountChecker) firstRun(ctx context.Context) error {
	c.begin("A first backup")
	messages, octets := total(c.about.Folders)
	e := estimateObject{Event: "estimate", Messages: messages, Octets: octets, OctetsExact: octets >= 0, Seconds: -1}
	how := ""
	switch {
	case messages == 0:
		e.Seconds = 0
		how = "there is nothing to fetch"
	case c.kind.SelectToRead:
		// Opening a folder there changes it a little: new mail is no longer new.
		how = "no sample was taken: " + c.kind.Name + " takes a folder that is read for one that was looked at"
	default:
		s, err := takeSample(ctx, c.account, c.about.Folders, c.env.Now)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			c.u.Warn(fmt.Sprintf("some messages were to be fetched to see how fast the server is: %v", err))
		}
		how = e.reckon(s, c.about.RoundTrip)
	}
	if limit := c.kind.DailyDownload; limit > 0 && e.Octets > limit {
		e.Days = (e.Octets + limit - 1) / limit
	}
	if c.u.JSON() {
		c.u.Object(e)
		return nil
	}
	text := ui.Count(messages, "message")
	switch {
	case e.Octets >= 0 && e.OctetsExact:
		text += ", " + ui.Octets(e.Octets)
	case e.Octets >= 0:
		text += ", about " + ui.Octets(e.Octets)
	}
	c.tell("to fetch", text)
	if e.Seconds >= 0 && messages > 0 {
		c.tell("time", aboutTime(time.Duration(e.Seconds*float64(time.Second))))
	}
	c.tell("reckoned", how)
	if e.Days > 1 {
		c.tell("days", fmt.Sprintf("at least %d: %s lets %s a day out", e.Days, c.kind.Name, ui.Octets(c.kind.DailyDownload)))
	}
	if messages > 0 {
		c.tell("next", "mailhaul backup "+c.named+" ~/mail-archive")
	}
	return nil
}

// reckon fills in size and time from a sample, and says how.
func (e *estimateObject) reckon(s measured, roundTrip time.Duration) string {
	e.SampleMessages, e.SampleOctets, e.SampleSeconds = s.messages, s.octets, s.took.Seconds()
	if e.Octets < 0 && s.sized > 0 {
		e.Octets = int64(float64(s.sizedOctets) / float64(s.sized) * float64(e.Messages))
	}
	if s.messages == 0 || e.Octets < 0 {
		return "no message could be fetched to see how fast the server is"
	}
	// What the sample waits for its first octet a run waits, too, but once.
	flow := max(s.took-roundTrip, s.took/10, time.Microsecond)
	rate := float64(s.octets) / flow.Seconds()
	e.Seconds = roundTrip.Seconds() + float64(e.Octets)/rate
	how := fmt.Sprintf("%s, %s, came in %s (%s/s)", ui.Count(s.messages, "message"), ui.Octets(s.octets), took(s.took), ui.Octets(int64(rate)))
	if !e.OctetsExact {
		how += fmt.Sprintf("; the size from that of %s", ui.Count(s.sized, "message"))
	}
	return how + " over one connection; a run uses several and may be faster"
}

func took(d time.Duration) string {
	if d < 100*time.Millisecond {
		return fmt.Sprintf("%.1f ms", float64(d.Microseconds())/1000)
	}
	return ui.Elapsed(d)
}

func aboutTime(d time.Duration) string {
	if d < time.Second {
		return "less than a second"
	}
	return "about " + ui.Elapsed(d)
}

// takeSample fetches some messages of the largest folders, spread over them, and
// drops them.
func takeSample(ctx context.Context, source mailhaul.Source, folders []*mailhaul.Folder, now func() time.Time) (s measured, err error) {
	work, err := sampleWork(ctx, source, folders)
	if err != nil || len(work) == 0 {
		return s, err
	}
	var mu sync.Mutex
	fetch := make([]mailhaul.Work, len(work))
	index := map[*mailhaul.Folder]int{}
	for i, w := range work {
		fetch[i].Folder, index[w.Folder] = w.Folder, i
	}
	var planned int64
	err = source.Headers(ctx, work, func(m *mailhaul.Message) error {
		if m.Err != nil {
			return nil
		}
		mu.Lock()
		defer mu.Unlock()
		s.sized++
		s.sizedOctets += m.Size
		if planned+m.Size <= sampleOctets {
			planned += m.Size
			fetch[index[m.Folder]].UIDs.Add(m.UID)
		}
		return nil
	})
	if err != nil {
		return s, err
	}
	fetch = slices.DeleteFunc(fetch, func(w mailhaul.Work) bool { return w.UIDs.Empty() })
	if len(fetch) == 0 {
		return s, nil
	}
	begin := now()
	err = source.Fetch(ctx, fetch, func(m *mailhaul.Message) error {
		if m.Err != nil {
			return nil
		}
		n, err := io.Copy(io.Discard, m.Body)
		mu.Lock()
		defer mu.Unlock()
		s.messages++
		s.octets += n
		return err
	})
	s.took = now().Sub(begin)
	return s, err
}

// sampleWork chooses the messages of a sample.
func sampleWork(ctx context.Context, source mailhaul.Source, folders []*mailhaul.Folder) ([]mailhaul.Work, error) {
	folders = slices.DeleteFunc(slices.Clone(folders), func(f *mailhaul.Folder) bool { return f.NoSelect || f.Messages == 0 })
	slices.SortStableFunc(folders, func(a, b *mailhaul.Folder) int { return int(int64(b.Messages) - int64(a.Messages)) })
	var requests []mailhaul.ListRequest
	for _, f := range folders[:min(len(folders), sampleFolders)] {
		requests = append(requests, mailhaul.ListRequest{Folder: f})
	}
	if len(requests) == 0 {
		return nil, nil
	}
	var work []mailhaul.Work
	var failed []error
	err := source.List(ctx, requests, func(l mailhaul.Listing) error {
		if l.Err != nil {
			failed = append(failed, l.Err)
			return nil
		}
		if uids := spread(l.Live, samplePerEach); !uids.Empty() {
			work = append(work, mailhaul.Work{Folder: l.Folder, UIDs: uids})
		}
		return nil
	})
	if err == nil && len(work) == 0 {
		err = errors.Join(failed...)
	}
	return work, err
}

// spread takes n UIDs, evenly, out of a set.
func spread(all mailhaul.UIDSet, n uint64) mailhaul.UIDSet {
	var some mailhaul.UIDSet
	step := max(1, all.Len()/n)
	i := uint64(0)
	for uid := range all.All() {
		if i%step == 0 && some.Len() < n {
			some.Add(uid)
		}
		i++
	}
	return some
}
