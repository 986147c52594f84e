// Package export writes plain Maildirs or mbox files for other programs. An
// [Export] is a [mailhaul.Target].
//
// An export is made anew: Open refuses a path that holds anything, be it an
// earlier export. What an export that was cut off leaves is no use to a later
// one; it is removed by whoever made it.
//
// # Maildir
//
// A Maildir++ tree, as Dovecot (LAYOUT=Maildir++, its default) and Courier serve
// it: INBOX is the path itself, every other folder a Maildir below it, such as
// ".Sent.2020", with an empty file maildirfolder in it. The personal namespace's
// prefix is left out. Names are in modified UTF-7 (RFC 3501, 5.1.3); Courier
// before version 5 reads that, later ones after "maildirmake --convutf8". In a
// level ".", "/", "\" and a "~" at the beginning, which the layout cannot have,
// are spelled as Dovecot's plugin listescape does: "a.b" is "a\2eb". An empty
// level is "_", an octet that is no UTF-8 U+FFFD.
//
// Files are named by package archive/maildir: INTERNALDATE with zone, sizes,
// UIDVALIDITY and UID. Their time is INTERNALDATE. All lie in cur. System flags
// and $Forwarded are the usual letters. Keywords are the letters a to z of the
// folder's file dovecot-keywords, 26 in a folder; others are lost, and so are
// those that no server takes for a keyword (not ASCII, or beginning with "\").
// Subscriptions stand in Dovecot's file and in Courier's.
//
// # Mbox
//
// One file a folder: "Work/2020.mbox", with names spelled as an archive spells
// them (% and two hexadecimal digits for what some system refuses). Messages are
// quoted and separated as package archive/mbox does it (mboxrd): the sender of a
// separator line carries UIDVALIDITY, UID, zone, size and line ends of the
// message as it came, its date is INTERNALDATE in UTC.
//
// Flags need header fields, which mail programs that use mbox files take for
// their own. At the end of the header these are added, in this order: in the
// first message of a file X-IMAPbase (UIDVALIDITY, the highest UID and the keywords
// that the file has, without which Dovecot takes none from X-Keywords; padded, 900
// octets), then X-UID, Status (R for \Seen, O always), X-Status (A, F, T, D for
// \Answered, \Flagged, \Draft, \Deleted) and X-Keywords. A message that ends
// within a line of its header has them above it; should its first line be a
// continued one it gets a line end, the one thing that an import does not undo.
//
// A message that has fields of its own by such names would tell those programs
// of flags that it does not have, or, with a Content-Length, hide messages from
// them: the names of those fields get the prefix "X-Mailhaul-". mailhaul's own
// import takes off what was added and gives the names back. Content-Length is
// not written. Subscriptions have no place in an mbox.
//
// # Both
//
// A message whose every LF follows a CR is written with LF, any other as it is.
// Names that differ in case or Unicode form only, in what some file system takes
// for one, get a number: "work~2". Files can be read by their owner only.
package export
