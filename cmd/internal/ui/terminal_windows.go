package ui

import (
	"os"

	"golang.org/x/sys/windows"
)

// canRedraw switches the console's understanding of escape sequences on;
// consoles before Windows 10 have none.
func canRedraw(f *os.File) bool {
	console := windows.Handle(f.Fd())
	var mode uint32
	if err := windows.GetConsoleMode(console, &mode); err != nil {
		return false
	}
	return windows.SetConsoleMode(console, mode|windows.ENABLE_VIRTUAL_TERMINAL_PROCESSING) == nil
}
