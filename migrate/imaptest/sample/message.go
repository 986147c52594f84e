package sample

import (
	"encoding/base64"
	"fmt"
	"math/rand/v2"
	"mime"
	"strings"
	"sync"
	"time"
)

// vocabulary is what subjects and texts are made of.
const vocabulary = `the of and to in mail backup server message folder report
project please find attached invoice meeting tomorrow regards thanks update
version release review comment line number value time date week Größe naïve
Übersicht 日本 résumé`

// attachments is base64 text in lines of 76 characters, long enough for the
// largest message at any of the places where one begins to read. It is made
// once, when the first message with an attachment is.
var attachments = sync.OnceValue(func() []byte {
	const octets = 57 // of one line
	r := rand.New(rand.NewPCG(1, 2))
	raw := make([]byte, octets)
	text := make([]byte, 0, largest+(1<<20)+78)
	for len(text) < cap(text)-78 {
		for i := range raw {
			raw[i] = byte(r.Uint32())
		}
		text = base64.StdEncoding.AppendEncode(text, raw)
		text = append(text, '\r', '\n')
	}
	return text
})

// message makes one message (RFC 5322) of about size octets: a small one is
// plain text, some of it with HTML beside, a large one has an attachment.
func message(r *rand.Rand, i, size int, when time.Time) []byte {
	b := make([]byte, 0, size+1024)
	b = appendHeader(b, r, i, when)
	boundary := fmt.Sprintf("b%08x", r.Uint32())
	switch rest := size - len(b); {
	case size >= 20000:
		b = append(b, "Content-Type: multipart/mixed; boundary="+boundary+"\r\n\r\n--"+boundary+"\r\n"...)
		b = append(b, "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"...)
		b = appendText(b, r, 2000)
		b = fmt.Appendf(b, "\r\n--%s\r\nContent-Type: application/octet-stream; name=\"file%d.bin\"\r\n"+
			"Content-Transfer-Encoding: base64\r\nContent-Disposition: attachment\r\n\r\n", boundary, i)
		from := r.IntN(1<<20) / 78 * 78
		n := max(78, size-len(b)-20) / 78 * 78
		b = append(b, attachments()[from:from+n]...)
		b = append(b, "--"+boundary+"--\r\n"...)
	case i%7 == 3 && size > 2000:
		b = append(b, "Content-Type: multipart/alternative; boundary="+boundary+"\r\n\r\n--"+boundary+"\r\n"...)
		b = append(b, "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"...)
		b = appendText(b, r, rest/2-200)
		b = append(b, "\r\n--"+boundary+"\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<html><body><p>\r\n"...)
		b = appendText(b, r, rest/2-200)
		b = append(b, "</p></body></html>\r\n--"+boundary+"--\r\n"...)
	default:
		b = append(b, "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"...)
		b = appendText(b, r, rest-90)
	}
	return b
}

// appendHeader adds the header fields but for those that describe the body.
func appendHeader(b []byte, r *rand.Rand, i int, when time.Time) []byte {
	words := strings.Fields(vocabulary)
	date := when.Format("Mon, 02 Jan 2006 15:04:05 -0700")
	subject := make([]string, 3+r.IntN(6))
	for k := range subject {
		subject[k] = words[r.IntN(len(words))]
	}
	b = fmt.Appendf(b, "Return-Path: <bounce%d@example.org>\r\n", i)
	b = fmt.Appendf(b, "Received: from mx%d.example.org (mx%d.example.org [192.0.2.%d])\r\n"+
		"\tby mail.example.com with ESMTPS id %08x;\r\n\t%s\r\n", i%9, i%9, i%250, r.Uint32(), date)
	b = fmt.Appendf(b, "Message-ID: <%d.%016x@sample.example>\r\nDate: %s\r\n", i, r.Uint64(), date)
	b = fmt.Appendf(b, "From: \"User %d\" <user%d@example.org>\r\nTo: Me <me@example.com>\r\n", i%97, i%97)
	b = fmt.Appendf(b, "Subject: %s\r\n", mime.BEncoding.Encode("utf-8", strings.Join(subject, " ")))
	if i%4 == 1 {
		b = fmt.Appendf(b, "In-Reply-To: <%d.%08x@sample.example>\r\n", i-1, r.Uint32())
	}
	return append(b, "MIME-Version: 1.0\r\n"...)
}

// appendText adds about n octets of lines. Some begin as the separators of an
// mbox do, or with a dot.
func appendText(b []byte, r *rand.Rand, n int) []byte {
	words := strings.Fields(vocabulary)
	starts := []string{"From ", ">From ", ".", "-- ", "    "}
	for end := len(b) + max(80, n); len(b) < end; {
		if r.IntN(40) == 0 {
			b = append(b, starts[r.IntN(len(starts))]...)
		}
		for k := range 11 {
			if k > 0 {
				b = append(b, ' ')
			}
			b = append(b, words[r.IntN(len(words))]...)
		}
		b = append(b, '\r', '\n')
	}
	return b
}
