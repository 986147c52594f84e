package sample

// Mail is one message as it is given to a server.
type Mail struct {
	// Flags are system flags and keywords.
	Flags []string
	// InternalDate is a date-time (RFC 9051, 9) without its quotes, such as
	// "17-Jul-1996 02:44:25 -0700"; "" leaves it to the server.
	InternalDate string
	// Body holds the message octet for octet.
	Body []byte
}
