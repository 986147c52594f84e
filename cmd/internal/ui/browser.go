package ui

import (
	"os/exec"
	"runtime"
)

// DetectBrowser returns a function that opens the user's browser at a URL, nil
// when there is none or nobody would see it.
func DetectBrowser(getenv func(string) string) func(url string) error {
	command := []string{"xdg-open"}
	switch runtime.GOOS {
	case "darwin":
		command = []string{"open"}
	case "windows":
		command = []string{"rundll32", "url.dll,FileProtocolHandler"}
	default:
		if getenv("DISPLAY") == "" && getenv("WAYLAND_DISPLAY") == "" {
			return nil
		}
	}
	path, err := exec.LookPath(command[0])
	if err != nil {
		return nil
	}
	return func(url string) error {
		cmd := exec.Command(path, append(command[1:], url)...)
		if err := cmd.Start(); err != nil {
			return err
		}
		go func() { _ = cmd.Wait() }() // some browsers stay in the foreground
		return nil
	}
}
