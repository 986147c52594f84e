package sample

import (
	"bytes"
	"fmt"
	"iter"
	"strings"
)

// Difficult yields messages that careless programs lose, double, change or
// choke on, each with a name. Not every server takes every one: NUL and lines
// without CR are forbidden by RFC 9051 (4.3) and refused by some.
func Difficult() iter.Seq2[string, []byte] {
	return func(yield func(string, []byte) bool) {
		for _, m := range shortDifficulties() {
			if !yield(m[0], []byte(m[1])) {
				return
			}
		}
		for _, m := range longDifficulties() {
			if !yield(m.name, m.body()) {
				return
			}
		}
	}
}

// plainHeader is a header that gives no trouble.
const plainHeader = "From: a@example.org\r\nTo: b@example.org\r\nSubject: hard\r\n" +
	"Date: Thu, 29 Feb 2024 23:59:60 +0000\r\nMessage-ID: <hard@sample.example>\r\n\r\n"

// shortDifficulties are pairs of a name and a message.
func shortDifficulties() [][2]string {
	return [][2]string{
		{"no octet", ""},
		{"one octet", "x"},
		{"one line end", "\r\n"},
		{"two line ends", "\r\n\r\n"},
		{"only LF", "\n"},
		{"only CR", "\r"},
		{"body only", "\r\nno header at all\r\n"},
		{"header only", strings.TrimSuffix(plainHeader, "\r\n")},
		{"header and no body", plainHeader},
		{"header without its end", strings.TrimSuffix(plainHeader, "\r\n\r\n")},
		{"no final line end", plainHeader + "the last line"},
		{"final CR", plainHeader + "the last line\r"},
		{"final LF", plainHeader + "the last line\n"},
		{"trailing empty lines", plainHeader + "text\r\n\r\n\r\n\r\n"},
		{"trailing blanks", plainHeader + "text  \t \r\n \r\n\t\r\n"},
		{"LF throughout", strings.ReplaceAll(plainHeader+"one\r\ntwo\r\n", "\r\n", "\n")},
		{"LF and CRLF mixed", plainHeader + "one\ntwo\r\nthree\n\nfour\r\n"},
		{"bare CR in the body", plainHeader + "one\rtwo\r\rthree\r\n"},
		{"bare CR in the header", "Subject: one\rtwo\r\n" + plainHeader + "text\r\n"},
		{"CRCRLF", plainHeader + "one\r\r\ntwo\r\r\r\n"},
		{"NUL", plainHeader + "one\x00two\r\n"},
		{"every octet but NUL, CR and LF", plainHeader + everyOctet() + "\r\n"},
		{"Latin-1 in the header", "Subject: Gr\xfc\xdfe aus K\xf6ln\r\n" + plainHeader + "t\xe9xt\r\n"},
		{"UTF-8 in the header", "Subject: Grüße aus 日本 😀\r\n" + plainHeader + "text\r\n"},
		{"broken UTF-8", "Subject: \xc3\x28 \xf0\x9f\x98\r\n" + plainHeader + "\xff\xfe\r\n"},
		{"byte order mark", "\xef\xbb\xbf" + plainHeader + "text\r\n"},
		{"begins with a blank", " folded: nothing to fold\r\n" + plainHeader + "text\r\n"},
		{"separator first", "From a@example.org Thu Feb 29 23:59:59 2024\r\n" + plainHeader + "text\r\n"},
		{"quoted separator first", ">From a@example.org Thu Feb 29 23:59:59 2024\r\n" + plainHeader + "text\r\n"},
		{"separators in the body", plainHeader + "From here\r\n>From there\r\n>>From all over\r\n>>>From\r\nFrom\r\n"},
		{"another message in the body", plainHeader + "text\r\n\r\nFrom b@example.org Fri Mar  1 00:00:00 2024\r\n" + plainHeader + "text\r\n"},
		{"separator last", plainHeader + "text\r\n\r\nFrom "},
		{"dots", plainHeader + ".\r\n..\r\n.text\r\n"},
		{"speaks IMAP", plainHeader + "{5}\r\n)\r\n* 1 EXPUNGE\r\n* BYE\r\na1 OK done\r\n)\r\n"},
		{"terminal escapes", "Subject: \x1b]0;title\x07\x1b[2J\x9b1m\u202eevil\r\n" + plainHeader + "\x1b[31mred\r\n"},
		{"control Z", plainHeader + "before\x1aafter\r\n"},
		{"no identity", "X-Nothing: at all\r\n\r\ntext\r\n"},
		{"one Message-ID, first text", plainHeader + "the first text\r\n"},
		{"one Message-ID, second text", plainHeader + "the second text\r\n"},
		{"two Message-IDs", "Message-ID: <other@sample.example>\r\n" + plainHeader + "text\r\n"},
		{"folded fields", "Subject: one\r\n two\r\n\tthree\r\nMessage-ID:\r\n <folded@sample.example>\r\n" + plainHeader + "text\r\n"},
		{"multipart without a boundary", "Content-Type: multipart/mixed\r\n" + plainHeader + "--\r\n"},
	}
}

// everyOctet holds all octets but NUL, CR and LF, in order.
func everyOctet() string {
	var b strings.Builder
	for c := 1; c < 256; c++ {
		if c != '\r' && c != '\n' {
			b.WriteByte(byte(c))
		}
	}
	return b.String()
}

// longDifficulties are made when they are asked for.
func longDifficulties() []struct {
	name string
	body func() []byte
} {
	return []struct {
		name string
		body func() []byte
	}{
		{"line of 5 MB", func() []byte {
			return []byte(plainHeader + strings.Repeat("0123456789", 500_000) + "\r\n")
		}},
		{"5 MB without a line end", func() []byte { return bytes.Repeat([]byte("0123456789"), 500_000) }},
		{"header field of 200 kB", func() []byte {
			return []byte("Subject: " + strings.Repeat("long ", 40_000) + "\r\n" + plainHeader + "text\r\n")
		}},
		{"10,000 header fields", func() []byte {
			var b bytes.Buffer
			for i := range 10_000 {
				fmt.Fprintf(&b, "X-Field-%d: %d\r\n", i, i)
			}
			return append(b.Bytes(), plainHeader+"text\r\n"...)
		}},
		{"1,000 parts in one another", func() []byte {
			var b bytes.Buffer
			b.WriteString("MIME-Version: 1.0\r\n")
			for i := range 1000 {
				fmt.Fprintf(&b, "Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n", i, i)
			}
			b.WriteString("\r\ntext\r\n")
			return b.Bytes()
		}},
		{"300 kB of empty lines", func() []byte { return []byte(plainHeader + strings.Repeat("\r\n", 150_000)) }},
	}
}

// CRLF returns a message with a CR before each LF that has none.
func CRLF(message []byte) []byte {
	out := make([]byte, 0, len(message)+len(message)/20)
	for i, c := range message {
		if c == '\n' && (i == 0 || message[i-1] != '\r') {
			out = append(out, '\r')
		}
		out = append(out, c)
	}
	return out
}
