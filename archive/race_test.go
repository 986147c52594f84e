//go:build race

package archive_test

// memoryLimit is for what the race detector takes besides.
const memoryLimit = 512 << 20
