package header_test

import (
	"errors"
	"strings"
	"testing"
	"testing/iotest"
	"unicode/utf8"

	"github.com/mailhaul/mailhaul/cmd/internal/header"
)

func TestRead(t *testing.T) {
	tests := []struct{ name, message, from, subject string }{
		{"plain", "From: a@b\r\nSubject: hello\r\n\r\nSubject: body\r\n", "a@b", "hello"},
		{"LF only, odd case, blanks", "SUBJECT :  x\nfrom:a\n\n", "a", "x"},
		{"folded", "Subject: one\r\n two\r\n\tthree\r\n\r\n", "", "one two three"},
		{"first one counts", "Subject: 1\r\nSubject: 2\r\n\r\n", "", "1"},
		{"encoded words", "Subject: =?utf-8?q?Gr=C3=BC?= =?iso-8859-1?Q?=DFe?=\r\n\r\n", "", "Grüße"},
		{"Japanese", "Subject: =?ISO-2022-JP?B?GyRCRnxLXBsoQg==?=\r\n\r\n", "", "日本"},
		{"Russian", "From: =?koi8-r?B?8NLJ18XU?= <a@b>\r\n\r\n", "Привет <a@b>", ""},
		{"unknown character set stays", "Subject: =?x-none?q?abc?=\r\n\r\n", "", "=?x-none?q?abc?="},
		{"raw UTF-8", "Subject: Grüße\r\n\r\n", "", "Grüße"},
		{"raw Windows-1252", "Subject: Gr\xfc\xdfe \x80\r\n\r\n", "", "Grüße €"},
		{"no end", "Subject: cut", "", "cut"},
		{"no colon", "garbage\r\nSubject: x\r\n", "", "x"},
		{"empty", "", "", ""},
		{"body without header", "\r\nSubject: x", "", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			h, err := header.Read(strings.NewReader(tt.message))
			if err != nil || h.From != tt.from || h.Subject != tt.subject {
				t.Errorf("got %q, %q, %v, want %q, %q", h.From, h.Subject, err, tt.from, tt.subject)
			}
		})
	}
}

func TestReadFails(t *testing.T) {
	broken := errors.New("broken disk")
	if _, err := header.Read(iotest.ErrReader(broken)); !errors.Is(err, broken) {
		t.Errorf("got %v", err)
	}
}

// FuzzRead: no message may crash it, and what it gives is UTF-8 on one line of
// bounded length.
func FuzzRead(f *testing.F) {
	f.Add("Subject: =?iso-2022-jp?b?GyRC?=\r\n =?utf-7?q?+AAA-?=\r\nFrom: \xff\r\n\r\n")
	f.Fuzz(func(t *testing.T, message string) {
		h, err := header.Read(strings.NewReader(message))
		if err != nil {
			t.Fatal(err)
		}
		for _, text := range []string{h.From, h.Subject} {
			if !utf8.ValidString(text) || len(text) > 20_000 {
				t.Errorf("got %q", text)
			}
		}
	})
}
