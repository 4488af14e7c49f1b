//go:build system

package main

import (
	"regexp"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// TestMiss runs the scripts that look at what a miss asks of the system.
func TestMiss(t *testing.T) {
	p := ownSandbox("miss")
	p.Cmds["reads-once"] = readsOnce
	testscript.Run(t, p)
}

// opened is a line of strace about an opened file.
var opened = regexp.MustCompile(`\bopen(?:at2?)?\(.*"((?:[^"]*/)?(?:config\.json|default\.json))".* = \d+`)

// folderOfRoots is a line of strace about a folder with a file for each certificate authority, in the places of
// crypto/x509 (root_linux.go).
var folderOfRoots = regexp.MustCompile(`\bopen(?:at2?)?\(.*"/etc/(?:ssl/certs|pki/tls/certs)", .* = \d+`)

// readsOnce runs a command that prints a credential below strace, and checks that it opens the configuration and the
// session once each, and that the authorities of the system's bundle are enough for it: to read a folder of them takes
// as long as all else.
func readsOnce(ts *testscript.TestScript, neg bool, args []string) {
	trace := ts.MkAbs("trace")
	ts.Check(ts.Exec("strace", append([]string{"-f", "-qq", "-s", "4096", "-e", "trace=open,openat,openat2", "-o",
		trace}, args...)...))
	if neg || !strings.HasPrefix(ts.ReadFile("stdout"), `{"kind":"ExecCredential"`) {
		ts.Fatalf("usage: reads-once COMMAND… that prints a credential")
	}
	count := map[string]int{}
	for line := range strings.Lines(ts.ReadFile("trace")) {
		if m := opened.FindStringSubmatch(line); m != nil {
			count[m[1][strings.LastIndex(m[1], "/")+1:]]++
		}
		if folderOfRoots.MatchString(line) {
			ts.Fatalf("the folder of authorities is read, too:\n%s", line)
		}
	}
	for _, name := range []string{"config.json", "default.json"} {
		if count[name] != 1 {
			ts.Fatalf("%s is opened %d times, want once:\n%s", name, count[name], ts.ReadFile("trace"))
		}
	}
}
