package scripttest

import (
	"bufio"
	"context"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/kubectl-edge/kubectl-edge/pkg/filelock"
	"github.com/kubectl-edge/kubectl-edge/pkg/tokencache"
)

// systemCall is a line of strace -f: a process, a call, its arguments and what it returned.
var systemCall = regexp.MustCompile(`^\d+ +(\w+)\((.*)\) += (-?\d+|\?)`)

// onFiles are the calls that "hit calls=N" counts. Without pread64: the runtime reads the limits of its control group
// with it, at some time.
var onFiles = []string{
	"openat", "open", "newfstatat", "fstatat64", "stat", "lstat", "statx", "fstat", "fstat64", "statfs", "fstatfs",
	"readlink", "readlinkat", "faccessat", "faccessat2", "read", "write", "pwrite64", "close", "fcntl",
	"fcntl64", "getdents64", "lseek", "epoll_create1", "epoll_ctl", "eventfd2",
}

// hit runs the helper below strace, and checks that it answers without network, lock or other programs, writes no more
// than the answer and one small record, and, with calls=N, makes N calls about files.
func hit(ts *testscript.TestScript, _ *World, args []string) error {
	want, counts := strings.CutPrefix(args[0], "calls=")
	if counts {
		args = args[1:]
	}
	trace := ts.MkAbs("trace")
	strace := []string{"-f", "-qq", "-s", "16", "-o", trace, "kubectl-edge_credential"}
	ts.Check(ts.Exec("strace", append(strace, args...)...))
	if !strings.HasPrefix(ts.ReadFile("stdout"), `{"kind":"ExecCredential"`) {
		ts.Fatalf("usage: hit ARGUMENT… of a token in the cache")
	}
	answers, records, programs := 0, 0, 0
	var calls []string
	started := false // what comes before are the runtime's calls, which differ between systems
	for line := range strings.Lines(joined(ts.ReadFile("trace"))) {
		m := systemCall.FindStringSubmatch(line)
		if m == nil {
			continue
		}
		name, arguments := m[1], m[2]
		// The folder of the configuration is the first that the helper looks at.
		started = started || name == "openat" && strings.Contains(arguments, "/kubectl-edge\"")
		if started && slices.Contains(onFiles, name) {
			calls = append(calls, line)
		}
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
		case "socket", "socketpair", "connect", "bind", "sendto", "sendmsg", "flock", "fork", "vfork", "fsync",
			"fdatasync", "rename",
			"renameat", "renameat2", "unlink", "unlinkat", "mkdir", "mkdirat", "link", "linkat", "symlink", "symlinkat",
			"truncate",
			"ftruncate", "ptrace", "kill":
			ts.Fatalf("a hit has no use for this: %s", line)
		}
	}
	if programs != 1 || answers != 1 || records > 1 {
		ts.Fatalf("%d programs, %d answers, %d records: want 1, 1, and at most 1", programs, answers, records)
	}
	if counts && strconv.Itoa(len(calls)) != want {
		ts.Fatalf("%d calls about files, want %s:\n%s", len(calls), want, strings.Join(calls, ""))
	}
	return nil
}

// joined puts the halves of a call together that strace shows as unfinished and resumed.
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

// mintElsewhere has somebody else mint the token of the helper's arguments, until unlock.
func mintElsewhere(
	ctx context.Context, ts *testscript.TestScript, args []string,
) (tokens tokencache.Store, key tokencache.Key, unlock func()) {
	key, err := keyOf(ts, args)
	ts.Check(err)
	tokens, err = cache(ts)
	ts.Check(err)
	ts.Check(tokens.Prepare())
	unlock, err = filelock.Lock(ctx, tokens.LockPath(key))
	ts.Check(err)
	return tokens, key, unlock
}

// orphaned has the helper's client end while the helper waits for somebody who mints.
func orphaned(ts *testscript.TestScript, w *World, args []string) error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	_, _, unlock := mintElsewhere(ctx, ts, args)
	defer unlock()
	helper := filepath.Join(ts.Getenv("BIN"), "kubectl-edge_credential")
	script := []string{"-c", `"$@" & echo $!; wait`, "client", helper}
	client := exec.CommandContext(ctx, "sh", append(script, args...)...)
	client.Env = w.environ(ts)
	stdout, err := client.StdoutPipe()
	ts.Check(err)
	stderr, err := client.StderrPipe()
	ts.Check(err)
	ts.Check(client.Start())
	out := bufio.NewReader(stdout)
	line, err := out.ReadString('\n')
	ts.Check(err)
	pid, err := strconv.Atoi(strings.TrimSpace(line))
	ts.Check(err)
	for !waitsForALock(ts, pid) {
		select {
		case <-ctx.Done():
			ts.Fatalf("the helper does not wait")
		case <-time.After(time.Millisecond):
		}
	}
	ts.Check(client.Process.Kill())
	// Both are open for as long as the helper runs.
	said, err := io.ReadAll(stderr)
	ts.Check(err)
	answer, err := io.ReadAll(out)
	ts.Check(err)
	_ = client.Wait() // killed
	_, errWrite := ts.Stdout().Write(answer)
	ts.Check(errWrite)
	_, errWrite = ts.Stderr().Write(said)
	ts.Check(errWrite)
	return nil
}

func shares(ts *testscript.TestScript, w *World, args []string) error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	tokens, key, unlock := mintElsewhere(ctx, ts, args[1:])
	var out strings.Builder
	helper := exec.CommandContext(ctx, filepath.Join(ts.Getenv("BIN"), "kubectl-edge_credential"), args[1:]...)
	helper.Stdout = &out
	stderr, err := helper.StderrPipe()
	ts.Check(err)
	helper.Env = w.environ(ts)
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
	if line, err := bufio.NewReader(stderr).ReadString('\n'); !strings.HasPrefix(line,
		"waiting for ") {
		ts.Fatalf("the helper does not say that it waits: %q, %v", line, err)
	}
	now := time.Now()
	ts.Check(tokens.Put(key, tokencache.Entry{Token: args[0], Issued: now, Expires: now.Add(15 * time.Minute)}))
	unlock()
	if err := <-ended; err != nil || !strings.Contains(out.String(), `"token":"`+args[0]+`"`) {
		ts.Fatalf("%v\n%s", err, out.String())
	}
	return nil
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
