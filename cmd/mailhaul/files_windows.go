package main

// checkFiles: Windows has no limit that matters here.
func checkFiles() error { return nil }
