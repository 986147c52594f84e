// Package foreign reads mail that other programs keep on disk: Maildirs,
// Maildir++ trees, trees of Maildirs, mbox files of any dialect, directories of
// them, and the mail of a Thunderbird profile. It only reads: nothing is
// written, moved or locked, and no symbolic link in the tree is followed.
//
// # Folders
//
// Names have "/" between their parts. A Maildir at the top is INBOX, and so is
// an mbox file Inbox there, in any case; any other mbox file is a folder that is
// named like the file without .mbox or .mbx, X.sbd/Y is X/Y. Modified UTF-7
// (RFC 3501, 5.1.3), which Dovecot and Courier write on disk, is decoded where
// it is canonical. Where there is no list of subscriptions every folder counts
// as subscribed, as all of them were seen. Of two things with one name the later
// is called "name (2)".
//
// # UIDs
//
// Files have no UIDs, so they are made from what does not change, and the same
// ones come out in every run: a second import copies nothing. A UID is a hash of
// the message: in a Maildir of the unique part of the file name, up to the first
// comma or the flags, since programs put sizes and flags behind it; in an mbox
// of the message itself without the header fields that mail programs rewrite,
// without regard to line ends, quoting and final newlines. So mail that is
// appended, removed, compacted or marked, and a dialect that is seen otherwise
// because of new mail, changes no UID of another message. Separator lines do not
// count: Thunderbird writes new ones when it compacts. The same message twice in
// an mbox gets two UIDs; which copy has which does not matter, they are equal.
//
// Different messages whose hashes meet (one pair in a folder of 90,000) get
// neighbouring UIDs, which would move when one of them goes. So these UIDs and
// the hashes that met are a part of UIDVALIDITY, beside the folder's path below
// the source: when they change UIDVALIDITY does, and messages are recognised by
// their headers. What cannot be seen without a memory is a new message with the
// UID of one that was removed before: 1 in 4,294,967,294 for each such pair.
//
// # Flags and dates
//
// A Maildir's letters are flags, a to z keywords by Dovecot's dovecot-keywords.
// In an mbox flags are taken from Status and X-Status, X-Mozilla-Status and
// -Status2, keywords from X-Mozilla-Keys and X-Keywords. INTERNALDATE is the
// modification time of a Maildir's file, as for Dovecot and Courier, or the
// seconds in its name when there is none; in an mbox the date of the separator
// line, in UTC unless it has a zone (RFC 4155), else that of the topmost
// Received field, else Date. Thunderbird's separator lines ("From - ") tell when
// the line was written: there the header comes first. Files that mailhaul wrote
// tell the zone, too.
//
// # mbox
//
// A separator line is "From ", an address and a date in one of its many forms,
// before a header; after an empty line an empty message may follow as well. Other
// lines that begin with "From " are text. Thunderbird's lines without a date are
// separators in a file that begins with one. Only the first line of a file need
// not look like one. The empty line before a separator is not a part of the
// message unless most separators in the file have none.
//
// Content-Length is believed for a message when a separator or the end of the
// file stands exactly where it says, at most an empty line away. Lines that
// begin with ">From " lose their ">" unless a line "From " after an empty line
// that is no separator shows that the writer did not quote. Whether ">>From "
// stands for ">From " (mboxrd) or for itself (mboxo) cannot be seen. mboxrd is
// taken, except with a Content-Length: such lines come from quoted replies and
// old mboxes that were quoted once more, seldom from a text that had two.
// Thunderbird, Git and mailhaul write mboxrd, too. [Options] set it otherwise.
//
// A message is given as it was before a mail program wrote its own fields into
// it: Status and X-Status of flag letters, X-UID, X-IMAP and X-IMAPbase with
// numbers are taken off; X-Keywords beside one of the last three; Content-Length
// where it was believed; X-Mozilla-Status, -Status2 and -Keys at the top of the
// header, where Thunderbird puts them: elsewhere a sender may have, and must not
// hide a message by it. Nothing else is touched, in a Maildir nothing at all.
// Messages that Thunderbird marked as expunged are left out and counted, so is
// the pseudo-message of UW-IMAP. See [Source.Omissions].
//
// # Line ends
//
// Each LF without a CR becomes CR LF. An mbox or a Maildir file that mailhaul
// wrote, an archive's or an export's, is known by its separator line or name, and
// gives back the exact octets: what an export added is taken off, the names that
// it gave a prefix are restored, and so are names of folders with escapes in
// them, but for a "/" within a part.
//
// Maildir files that Dovecot compressed with gzip or bzip2 are read; one that is
// compressed otherwise is an error of its message.
//
// # Limits
//
// An mbox is read once as a stream, whatever its size, and 64 octets a message
// are kept. A message is checked against its hash before its last octets are
// given: when a mail program changed the file meanwhile, there is an error and
// no wrong message. A file that goes on changing while it is looked into is an
// error of its folder.
package foreign
