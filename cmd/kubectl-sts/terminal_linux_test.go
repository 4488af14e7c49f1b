package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/creack/pty"
	"golang.org/x/sys/unix"
)

// Ctrl-Z does not leave a prompt for a token to the shell, whose terminal would have no echo. Nor is it a part of what
// is typed.
func TestPromptIsNotStopped(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	home := t.TempDir()
	if err := os.Symlink(self, filepath.Join(home, "kubectl-sts")); err != nil {
		t.Fatal(err)
	}
	shell := exec.CommandContext(t.Context(), "sh", "-c",
		`set -m; kubectl-sts context save --url https://sts.example --skip-validate; echo "code $?"; read end`)
	shell.Env = []string{"HOME=" + home, "PATH=" + home + ":" + os.Getenv("PATH"), "TERM=xterm",
		"DBUS_SESSION_BUS_ADDRESS=disabled:"}
	terminal, err := pty.Start(shell)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = terminal.Close()
		_ = shell.Wait()
	})
	var all bytes.Buffer
	sees := func(text string) {
		t.Helper()
		for data := make([]byte, 4096); !strings.Contains(all.String(), text); {
			n, err := terminal.Read(data)
			all.Write(data[:n])
			if err != nil {
				t.Fatalf("%v, and no %q in\n%s", err, text, all.String())
			}
		}
	}
	mode := func() unix.Termios {
		t.Helper()
		m, err := unix.IoctlGetTermios(int(terminal.Fd()), unix.TCGETS)
		if err != nil {
			t.Fatal(err)
		}
		return *m
	}
	sees("Service token: ")
	for mode().Lflag&unix.ECHO != 0 { // the prompt comes before it is hidden
	}
	if _, err := terminal.WriteString("first\x1asecond\n"); err != nil {
		t.Fatal(err)
	}
	sees("code ")
	sees("\r\n")
	text := all.String()
	if !strings.Contains(text, "code 0") || strings.Contains(text, "first") || strings.Contains(text, "second") {
		t.Errorf("got\n%s", text)
	}
	if m := mode(); m.Lflag&unix.ECHO == 0 || m.Cc[unix.VSUSP] != 0x1a {
		t.Errorf("the terminal is left with %+v", m)
	}
}
