// Package discover finds the IMAP server of a mail address: in a small table of
// what large providers publish, by SRV records (RFC 6186, RFC 8314), by the mail
// exchangers of domains that are hosted by such a provider, and by trying the
// names that are usual. It never sends a password, and accepts no server without
// TLS. What only DNS says is not proved: a server in another domain must be
// confirmed by the user before it is given one (RFC 6186, 6).
package discover
