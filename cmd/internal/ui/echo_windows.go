package ui

import "golang.org/x/sys/windows"

// echoOff makes the console show nothing of what is typed.
func echoOff(fd int) error {
	console := windows.Handle(fd)
	var mode uint32
	if err := windows.GetConsoleMode(console, &mode); err != nil {
		return err
	}
	return windows.SetConsoleMode(console, mode&^windows.ENABLE_ECHO_INPUT)
}
