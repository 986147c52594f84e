// Package compare holds two sources of mail against each other, of whatever
// kind they are: two accounts, an account and its archive, files of other
// programs. It pairs folders, pairs the messages of each pair of folders, and
// names every message that one side lacks or has otherwise.
//
// Folders are paired by name and special use (ByName) or as the caller says.
// Messages are paired as multisets: three equal messages at one side want three
// at the other. First come those whose octets are equal (by SHA-256, or, in a
// quick comparison, whose identifying header fields and size are), among true
// duplicates those with equal flags and dates; then messages that are evidently
// the same, but altered: equal identifying header fields, those of about equal
// size first, or equal Message-ID. Messages without any such field are taken for
// the same only if their sizes are about equal. What is left is missing or extra.
//
// Bodies are read only of messages that may have an equal at the other side, of
// both sides at once, and are never held. Below 100 octets are held for each
// message. Nothing is written anywhere.
package compare
