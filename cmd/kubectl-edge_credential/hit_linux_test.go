//go:build system

package main

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/kubectl-edge/kubectl-edge/pkg/filelock"
	"github.com/kubectl-edge/kubectl-edge/pkg/tokencache"
)

// systemCall is a line of strace -f: a process, a call, its arguments and what it returned.
var systemCall = regexp.MustCompile(`^\d+ +(\w+)\((.*)\) += (-?\d+|\?)`)

// hit runs the helper below strace, and checks that it answers without network, lock or other programs, and writes no more
// than the answer and one small record.
func hit(ts *testscript.TestScript, neg bool, args []string) {
	trace := ts.MkAbs("trace")
	ts.Check(ts.Exec("strace", append([]string{"-f", "-qq", "-s", "16", "-o", trace, "kubectl-edge_credential"}, args...)...))
	if neg || !strings.HasPrefix(ts.ReadFile("stdout"), `{"kind":"ExecCredential"`) {
		ts.Fatalf("usage: hit ARGUMENT… of a token in the cache")
	}
	answers, records, programs := 0, 0, 0
	for line := range strings.Lines(joined(ts.ReadFile("trace"))) {
		m := systemCall.FindStringSubmatch(line)
		if m == nil {
			continue
		}
		name, arguments := m[1], m[2]
		switch name {
		case "execve":
			programs++
		case "write", "pwrite64", "writev", "pwritev", "pwritev2":
			n, err := strconv.Atoi(m[3])
			ts.Check(err)
			switch {
			case strings.HasPrefix(arguments, "1, "):
				answers++
			case n <= 64:
				records++
			default:
				ts.Fatalf("more than a small record is written: %s", line)
			}
		case "clone", "clone3":
			if !strings.Contains(arguments, "CLONE_THREAD") {
				ts.Fatalf("a process is started: %s", line)
			}
		case "fcntl":
			if strings.Contains(arguments, "LK") {
				ts.Fatalf("a lock is taken: %s", line)
			}
		case "openat", "open", "creat":
			if strings.Contains(arguments, "O_CREAT") && !strings.Contains(arguments, ".leases\"") {
				ts.Fatalf("a file is made: %s", line)
			}
		case "socket", "socketpair", "connect", "bind", "sendto", "sendmsg", "flock", "fork", "vfork", "fsync", "fdatasync", "rename",
			"renameat", "renameat2", "unlink", "unlinkat", "mkdir", "mkdirat", "link", "linkat", "symlink", "symlinkat", "truncate",
			"ftruncate", "ptrace", "kill":
			ts.Fatalf("a hit has no use for this: %s", line)
		}
	}
	if programs != 1 || answers != 1 || records > 1 {
		ts.Fatalf("%d programs, %d answers, %d records: want 1, 1, and at most 1", programs, answers, records)
	}
}

// joined puts the halves of a call that strace tells as unfinished and resumed together.
func joined(trace string) string {
	var b strings.Builder
	unfinished := map[string]string{}
	resumed := regexp.MustCompile(`^(\d+) +<\.\.\. \w+ resumed>(.*)$`)
	for line := range strings.Lines(trace) {
		line = strings.TrimSuffix(line, "\n")
		pid, _, _ := strings.Cut(line, " ")
		if start, ok := strings.CutSuffix(line, " <unfinished ...>"); ok {
			unfinished[pid] = start
			continue
		}
		if m := resumed.FindStringSubmatch(line); m != nil {
			line = unfinished[pid] + m[2]
		}
		b.WriteString(line + "\n")
	}
	return b.String()
}

// shares TOKEN ARGUMENT… has somebody mint the token of the arguments while the helper runs: the helper has to wait for that,
// and to answer with it.
func shares(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: shares TOKEN ARGUMENT…")
	}
	tokens, key := cache(ts, args[1:])
	ts.Check(tokens.Prepare())
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	unlock, err := filelock.Lock(ctx, tokens.LockPath(key))
	ts.Check(err)
	var out strings.Builder
	helper := exec.CommandContext(ctx, filepath.Join(ts.Getenv("BIN"), "kubectl-edge_credential"), args[1:]...)
	helper.Stdout, helper.Stderr = &out, &out
	for _, name := range []string{"HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME", "XDG_RUNTIME_DIR"} {
		helper.Env = append(helper.Env, name+"="+ts.Getenv(name))
	}
	ts.Check(helper.Start())
	ended := make(chan error, 1)
	go func() { ended <- helper.Wait() }()
	for !waitsForALock(ts, helper.Process.Pid) {
		select {
		case err := <-ended:
			ts.Fatalf("the helper did not wait: %v\n%s", err, out.String())
		case <-time.After(time.Millisecond):
		}
	}
	now := time.Now()
	ts.Check(tokens.Put(key, tokencache.Entry{Token: args[0], Issued: now, Expires: now.Add(15 * time.Minute)}))
	unlock()
	if err := <-ended; err != nil || !strings.Contains(out.String(), `"token":"`+args[0]+`"`) {
		ts.Fatalf("%v\n%s", err, out.String())
	}
}

// waitsForALock reports whether the process is blocked by a lock that another one holds (proc_locks(5)).
func waitsForALock(ts *testscript.TestScript, pid int) bool {
	locks, err := os.ReadFile("/proc/locks")
	ts.Check(err)
	for line := range strings.Lines(string(locks)) {
		fields := strings.Fields(line)
		if len(fields) > 5 && fields[1] == "->" && fields[5] == strconv.Itoa(pid) {
			return true
		}
	}
	return false
}

// TestHit runs the scripts that look at what a hit asks of the system.
func TestHit(t *testing.T) {
	bin := t.TempDir()
	if out, err := exec.Command("go", "build", "-o", bin, ".").CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	testscript.Run(t, testscript.Params{
		Dir: filepath.Join("testdata", "linux"), RequireExplicitExec: true,
		Setup: func(e *testscript.Env) error { return setUp(e, bin) },
		Cmds:  map[string]func(*testscript.TestScript, bool, []string){"store": store, "hit": hit, "shares": shares},
	})
}
