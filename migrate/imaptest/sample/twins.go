package sample

import (
	"fmt"
	"iter"
	"math/rand/v2"
	"strings"
	"time"
)

// Twins is a set of small messages that are hard to tell apart, for tests that
// count: who loses one or makes one too many is found out. Of each ten there are
//
//   - one like no other, and one like no other without a Message-ID;
//   - two with the same octets, flags and date, one more with other flags, and one
//     more with another date;
//   - two with one header and bodies of equal size that differ;
//   - two of the latter kind without Message-ID and Date.
//
// All ten have one date, to the second; the next ten have the same. Some tens
// come again, in the same folder and in another. The messages are ASCII with CRLF
// throughout: no server alters them.
type Twins struct {
	// Messages is how many there are; a multiple of 10 is best.
	Messages int
}

// TwinFolders are the folders of Twins, "/" between the levels: names that are
// odd and that Dovecot, Cyrus and Courier take. INBOX comes first.
func TwinFolders() []string {
	return []string{
		"INBOX", "Sent", "Büro", "日本語", "R&D", "it's", "star*name", "trailing space ",
		"UPPER", "upper", "Список/Друзья", "[Gmail]/All Mail",
	}
}

// ten is how many messages belong together.
const ten = 10

// All yields the messages with the folder that each belongs to, folder by folder
// in the order of TwinFolders.
func (t Twins) All() iter.Seq2[string, Mail] {
	return func(yield func(string, Mail) bool) {
		for k, folder := range TwinFolders() {
			for m := range t.Folder(k) {
				if !yield(folder, m) {
					return
				}
			}
		}
	}
}

// Folder yields the messages of the k-th of TwinFolders.
func (t Twins) Folder(k int) iter.Seq[Mail] {
	return func(yield func(Mail) bool) {
		step := len(TwinFolders())
		for block := k; block*ten < t.Messages; block += step {
			for i := range min(ten, t.Messages-block*ten) {
				if !yield(twin(original(block, step), i)) {
					return
				}
			}
		}
	}
}

// original returns the block that a block repeats: one of the same folder, one of
// another, or itself.
func original(block, folders int) int {
	switch {
	case block >= folders && block%11 == 10:
		return block - folders
	case block >= 5 && block%7 == 6:
		return block - 5
	}
	return block
}

// twin makes the i-th of the ten messages of a block.
func twin(block, i int) Mail {
	when := time.Date(2011, 3, 4, 5, 6, block/2, 0, time.FixedZone("", 3600*(block/2%13-6)))
	m := Mail{InternalDate: when.Format("_2-Jan-2006 15:04:05 -0700")}
	header := i // whose header the message has
	switch i {
	case 0:
		m.Flags = []string{`\Seen`}
	case 3:
		header = 2
	case 4:
		header, m.Flags = 2, []string{`\Flagged`, `\Seen`, "Work"}
	case 5:
		header, m.InternalDate = 2, when.Add(time.Hour).Format("_2-Jan-2006 15:04:05 -0700")
	case 7, 9:
		header = i - 1
	}
	text := header // whose text
	if i == 7 || i == 9 {
		text = i
	}
	var b strings.Builder
	fmt.Fprintf(&b, "From: User %d <user%d@example.org>\r\nTo: me@example.com\r\nSubject: twins of %d\r\n", block%97, block%97, block)
	if header != 1 && header != 8 {
		fmt.Fprintf(&b, "Message-ID: <%d.%d@twins.example>\r\n", block, header)
	}
	if header != 8 {
		fmt.Fprintf(&b, "Date: %s\r\n", when.Format("Mon, 02 Jan 2006 15:04:05 -0700"))
	}
	b.WriteString("\r\n")
	r := rand.New(rand.NewPCG(uint64(block), uint64(text)))
	for range 3 + block%5 {
		fmt.Fprintf(&b, "%016x %016x %016x\r\n", r.Uint64(), r.Uint64(), r.Uint64())
	}
	m.Body = []byte(b.String())
	return m
}
