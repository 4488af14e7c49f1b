// Package plugintest is what the scripts of both plugins know about output.
package plugintest

import (
	"errors"
	"os"
	"os/exec"
	"unicode"

	"github.com/rogpeppe/go-internal/testscript"
)

// Printable is a command of scripts that wants that nothing in the output of the last program controls a terminal.
func Printable(ts *testscript.TestScript, _ bool, _ []string) {
	for _, stream := range []string{"stdout", "stderr"} {
		for _, r := range ts.ReadFile(stream) {
			if r != '\n' && r != '\t' && !unicode.IsPrint(r) {
				ts.Fatalf("%s has %U: %q", stream, r, ts.ReadFile(stream))
			}
		}
	}
}

// FullDisk is a program for scripts: to-full-disk PROGRAM ARG... runs it with the output on a full disk.
func FullDisk() {
	disk, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		panic(err)
	}
	runWith(disk)
}

// Nobody is a program for scripts: to-nobody PROGRAM ARG... runs it with an output that nobody reads.
func Nobody() {
	r, w, err := os.Pipe()
	if err != nil {
		panic(err)
	}
	r.Close()
	runWith(w)
}

func runWith(out *os.File) {
	cmd := exec.Command(os.Args[1], os.Args[2:]...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, out, os.Stderr
	err := cmd.Run()
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		os.Exit(exit.ExitCode())
	} else if err != nil {
		panic(err)
	}
}
