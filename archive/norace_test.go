//go:build !race

package archive_test

// memoryLimit is the most memory that storing may take, whatever the mail.
const memoryLimit = 64 << 20
