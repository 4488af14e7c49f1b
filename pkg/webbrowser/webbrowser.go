// Package webbrowser opens addresses in the user's browser.
package webbrowser

import (
	"io"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"

	"github.com/cli/browser"
)

// variable names the programs that open a browser, as for xdg-open, Python and gh: separated like the folders of
// PATH, each with its arguments, of which %s is the address.
const variable = "BROWSER"

// chosen is the first of the user's own choice that is there, with the arguments to open the address, or nil. It is
// read on Linux alone: a kubeconfig can set the variable for its credential plugin, and nowhere else is the
// environment of the client known, which is put in its place.
func chosen(system, address string) []string {
	if system != "linux" {
		return nil
	}
	for command := range strings.SplitSeq(os.Getenv(variable), string(os.PathListSeparator)) {
		words := strings.Fields(command)
		if len(words) == 0 {
			continue
		}
		if _, err := exec.LookPath(words[0]); err != nil {
			continue
		}
		if !strings.Contains(command, "%s") {
			return append(words, address)
		}
		for i := range words {
			words[i] = strings.ReplaceAll(words[i], "%s", address)
		}
		return words
	}
	return nil
}

// Open opens the address in the user's browser: on Linux that of BROWSER, else the system's. What the browser's
// launcher prints is dropped: stdout is for results alone.
func Open(address string) error {
	if words := chosen(runtime.GOOS, address); words != nil {
		return exec.Command(words[0], words[1:]...).Run()
	}
	browser.Stdout, browser.Stderr = io.Discard, io.Discard
	return browser.OpenURL(address)
}

// Found reports whether there is a program to open a browser with, as far as that can be said before: macOS and
// Windows have one of their own.
func Found() bool {
	if chosen(runtime.GOOS, "") != nil {
		return true
	}
	switch runtime.GOOS {
	case "darwin", "windows":
		return true
	}
	return slices.ContainsFunc([]string{"xdg-open", "x-www-browser", "www-browser", "wslview"}, // as Open tries
		func(program string) bool {
			_, err := exec.LookPath(program)
			return err == nil
		})
}
