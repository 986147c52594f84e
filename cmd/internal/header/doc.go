// Package header reads the few fields of a message's header that a list of
// messages shows. It decodes what mail programs wrote wrongly as far as it can
// and bounds what a message can cost; it is no parser of addresses or MIME.
package header
