//go:build linux

package main

import (
	"bufio"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/creack/pty"
)

// TestShell types into a shell in the sandbox: its prompt is marked, and three next steps are said.
func TestShell(t *testing.T) {
	for _, shell := range []string{"bash", "dash", "sh", "zsh"} {
		t.Run(shell, func(t *testing.T) {
			home := t.TempDir()
			rc := filepath.Join(home, ".bashrc")
			for _, file := range []string{rc, filepath.Join(home, ".zshrc")} {
				if err := os.WriteFile(file, []byte("echo the person's own\n"), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			cmd := exec.Command("edge-sandbox", "up", "--no-cluster", "--quiet", "--", shell)
			cmd.Env = append(os.Environ(), "TMPDIR="+t.TempDir(), "HOME="+home, "ZDOTDIR="+home, "PS1=mine$ ",
				"TERM=dumb")
			tty, err := pty.Start(cmd)
			if err != nil {
				t.Fatal(err)
			}
			defer tty.Close()
			var seen strings.Builder
			out := bufio.NewReader(io.TeeReader(tty, &seen))
			until(t, out, "(edge-sandbox) ")
			if _, err := io.WriteString(tty, "echo answer is $((40+2)); exit 3\n"); err != nil {
				t.Fatal(err)
			}
			until(t, out, "answer is 42")
			// Linux ends a terminal with EIO.
			if _, err := io.Copy(io.Discard, out); err != nil && !errors.Is(err, syscall.EIO) {
				t.Error(err)
			}
			if err := cmd.Wait(); cmd.ProcessState.ExitCode() != 3 {
				t.Errorf("got %v, want the shell's exit code 3", err)
			}
			for _, want := range []string{
				"kubectl edge login", "kubectl edge kubeconfig create", "kubectl get edgehosts",
			} {
				if !strings.Contains(seen.String(), want) {
					t.Errorf("%q is not said in:\n%s", want, seen.String())
				}
			}
			if strings.Contains(seen.String(), "the person's own") {
				t.Error("the person's own file was read")
			}
			if data, err := os.ReadFile(rc); err != nil || string(data) != "echo the person's own\n" {
				t.Errorf("the person's own file is %q, %v", data, err)
			}
		})
	}
}

// until reads on until a text was read.
func until(t *testing.T, r *bufio.Reader, text string) {
	t.Helper()
	var seen strings.Builder
	for !strings.Contains(seen.String(), text) {
		b, err := r.ReadByte()
		if err != nil {
			t.Fatalf("%v before %q, after:\n%s", err, text, seen.String())
		}
		seen.WriteByte(b)
	}
}
