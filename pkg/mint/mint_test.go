package mint_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/kubectl-edge/kubectl-edge/pkg/dirs"
	"github.com/kubectl-edge/kubectl-edge/pkg/filelock"
	"github.com/kubectl-edge/kubectl-edge/pkg/hint"
	"github.com/kubectl-edge/kubectl-edge/pkg/mint"
	"github.com/kubectl-edge/kubectl-edge/pkg/securefile"
	"github.com/kubectl-edge/kubectl-edge/pkg/tokencache"
)

// folder makes this program a process that wants a token, with its cache there.
const folder = "MINT_TEST_FOLDER"

func TestMain(m *testing.M) {
	if dir := os.Getenv(folder); dir != "" {
		os.Exit(wantToken(dir))
	}
	os.Exit(m.Run())
}

var key = tokencache.KeyOf("test", "some instance")

// wantToken prints a token, and notes each mint as a line of a file.
func wantToken(dir string) int {
	_, _ = io.Copy(io.Discard, os.Stdin) // until all are there
	f := mint.Flight{Store: open(dir), Now: time.Now}
	e, err := f.Token(context.Background(), key, mint.Want{}, func(context.Context) (tokencache.Entry, error) {
		mints, err := os.OpenFile(filepath.Join(dir, "mints"), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
		if err != nil {
			return tokencache.Entry{}, err
		}
		defer mints.Close()
		_, err = fmt.Fprintln(mints, os.Getpid())
		return entry(fmt.Sprint("token of ", os.Getpid()), time.Now()), err
	})
	fmt.Print(e.Token)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

func open(dir string) tokencache.Store {
	s, err := tokencache.Open(dirs.Dirs{Cache: filepath.Join(dir, "cache")}, "", func(string) string { return "" })
	if err != nil {
		panic(err) // of a switch that nobody touched
	}
	return s
}

func entry(token string, issued time.Time) tokencache.Entry {
	return tokencache.Entry{Token: token, Issued: issued, Expires: issued.Add(15 * time.Minute)}
}

// bench is a Flight with a clock that is moved by hand, and a mint that counts and can fail.
type bench struct {
	mint.Flight
	now      time.Time
	minted   atomic.Int32
	fail     error
	warnings []string
}

func newBench(t *testing.T) *bench {
	b := &bench{now: time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)}
	b.Flight = mint.Flight{
		Store: open(t.TempDir()),
		Now:   func() time.Time { return b.now },
		Warn:  func(err error) { b.warnings = append(b.warnings, err.Error()) },
	}
	return b
}

func (b *bench) get(ctx context.Context, want mint.Want) (string, error) {
	e, err := b.Token(ctx, key, want, func(context.Context) (tokencache.Entry, error) {
		n := b.minted.Add(1)
		return entry(fmt.Sprint("token ", n), b.now), b.fail
	})
	return e.Token, err
}

// want gets a token and compares it, after which so many have been minted.
func (b *bench) want(t *testing.T, w mint.Want, token string, minted int32) {
	t.Helper()
	got, err := b.get(t.Context(), w)
	if err != nil || got != token || b.minted.Load() != minted {
		t.Errorf("%+v: got %q, %v after %d mints; want %q after %d", w, got, err, b.minted.Load(), token, minted)
	}
}

func TestManyWantOne(t *testing.T) {
	b := newBench(t)
	var all sync.WaitGroup
	for range 100 {
		all.Go(func() { b.want(t, mint.Want{}, "token 1", 1) })
	}
	all.Wait()
}

func TestManyProcessesWantOne(t *testing.T) {
	dir := t.TempDir()
	gate, open, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	var processes []*exec.Cmd
	var outputs []*strings.Builder
	for range 16 {
		p, out := exec.Command(os.Args[0]), &strings.Builder{}
		p.Env = append(os.Environ(), folder+"="+dir)
		p.Stdin, p.Stdout, p.Stderr = gate, out, out
		if err := p.Start(); err != nil {
			t.Fatal(err)
		}
		processes, outputs = append(processes, p), append(outputs, out)
	}
	gate.Close()
	open.Close() // now
	for i, p := range processes {
		if err := p.Wait(); err != nil {
			t.Errorf("process %d: %v: %s", i, err, outputs[i])
		}
		if got, want := outputs[i].String(), outputs[0].String(); got != want || got == "" {
			t.Errorf("process %d has %q, the first %q", i, got, want)
		}
	}
	mints, err := os.ReadFile(filepath.Join(dir, "mints"))
	if n := strings.Count(string(mints), "\n"); err != nil || n != 1 {
		t.Errorf("%d mints, want 1: %v", n, err)
	}
}

func TestCachedUntilItExpires(t *testing.T) {
	b := newBench(t)
	b.want(t, mint.Want{}, "token 1", 1)
	b.now = b.now.Add(14 * time.Minute)
	b.want(t, mint.Want{}, "token 1", 1)
	b.now = b.now.Add(time.Minute)
	b.want(t, mint.Want{}, "token 2", 2)
	b.want(t, mint.Want{Force: true}, "token 3", 3)
}

func TestNotAgeing(t *testing.T) {
	b := newBench(t)
	b.want(t, mint.Want{}, "token 1", 1)
	b.now = b.now.Add(11 * time.Minute)
	b.want(t, mint.Want{NotAgeing: true}, "token 1", 1)
	b.now = b.now.Add(90 * time.Second) // the last fifth
	b.want(t, mint.Want{}, "token 1", 1)
	b.want(t, mint.Want{NotAgeing: true}, "token 2", 2)
	b.want(t, mint.Want{NotAgeing: true}, "token 2", 2)
}

func TestRefused(t *testing.T) {
	b := newBench(t)
	b.want(t, mint.Want{}, "token 1", 1)
	refused := func(token string) mint.Want { return mint.Want{Refused: tokencache.Entry{Token: token}.Tag()} }
	b.want(t, refused("token 1"), "token 1", 1) // minted just now
	b.now = b.now.Add(10 * time.Second)
	b.want(t, refused("token 1"), "token 2", 2)
	b.want(t, refused("token 1"), "token 2", 2) // somebody else has seen to it
	b.now = b.now.Add(30 * time.Second)
	b.want(t, refused("token 2"), "token 2", 2) // refused for a reason that no token mends
	b.now = b.now.Add(30 * time.Second)
	b.want(t, refused("token 2"), "token 3", 3)
}

func TestFailureIsRemembered(t *testing.T) {
	b := newBench(t)
	b.fail = hint.Wrap(errors.New("out of luck"), "try harder")
	wantFailure := func(minted int32, contains string) {
		t.Helper()
		_, err := b.get(t.Context(), mint.Want{})
		if err == nil || !strings.Contains(err.Error(), contains) || hint.Of(err) != "try harder" ||
			b.minted.Load() != minted {
			t.Errorf("got %v (%s) after %d mints, want %q after %d", err, hint.Of(err), b.minted.Load(), contains,
				minted)
		}
	}
	wantFailure(1, "out of luck")
	wantFailure(1, "out of luck (at ") // and not tried again before …
	b.now = b.now.Add(2 * time.Second)
	wantFailure(2, "out of luck")
	b.now = b.now.Add(2 * time.Second)
	wantFailure(2, "not tried again before ") // it waits longer each time
	if _, err := b.get(t.Context(), mint.Want{Force: true}); err == nil || b.minted.Load() != 3 {
		t.Errorf("a person who forces it: %v after %d mints", err, b.minted.Load())
	}
	b.now, b.fail = b.now.Add(time.Minute), nil
	b.want(t, mint.Want{}, "token 4", 4)
	if f, ok := b.Store.Failure(key, b.now); ok {
		t.Errorf("after a success it remembers %+v", f)
	}
}

// What a person mends elsewhere keeps no command waiting for longer than a moment, however often it has failed before.
func TestFailureIsRememberedBriefly(t *testing.T) {
	b := newBench(t)
	b.Memory = func(error) mint.Memory { return mint.RememberBriefly }
	b.fail = errors.New("not logged in there")
	for n := range int32(6) {
		for range 3 {
			if _, err := b.get(t.Context(), mint.Want{}); err == nil || b.minted.Load() != n+1 {
				t.Errorf("got %v after %d mints, want an error after %d", err, b.minted.Load(), n+1)
			}
		}
		b.now = b.now.Add(2 * time.Second)
	}
	b.fail = nil
	b.want(t, mint.Want{}, "token 7", 7)
}

// What says nothing about the next attempt is not remembered: an interruption, and what went wrong on this machine.
func TestTransientIsNotRemembered(t *testing.T) {
	refused := errors.New("out of luck")
	for name, err := range map[string]error{
		"interruption":         context.Canceled,
		"full disk":            &fs.PathError{Op: "write", Path: "/x", Err: syscall.ENOSPC},
		"no permission":        &os.LinkError{Op: "rename", Old: "/x", New: "/y", Err: fs.ErrPermission},
		"open to others":       &securefile.Error{Path: "/x", Reason: "its mode 0644 gives other users access"},
		"what the caller says": refused,
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			b.Memory = func(err error) mint.Memory {
				if errors.Is(err, refused) {
					return mint.Transient
				}
				return mint.Remember
			}
			b.fail = fmt.Errorf("save the renewed session: %w", err)
			if _, got := b.get(t.Context(), mint.Want{}); !errors.Is(got, err) {
				t.Errorf("got %v, want %v", got, err)
			}
			b.fail = nil
			b.want(t, mint.Want{}, "token 2", 2)
		})
	}
}

// A connection that is refused is about another machine, although the system calls it a failed call.
func TestNoNetworkIsRemembered(t *testing.T) {
	b := newBench(t)
	b.fail = &net.OpError{Op: "dial", Err: os.NewSyscallError("connect", syscall.ECONNREFUSED)}
	for range 2 {
		if _, err := b.get(t.Context(), mint.Want{}); err == nil || b.minted.Load() != 1 {
			t.Errorf("got %v after %d mints", err, b.minted.Load())
		}
	}
}

func TestWaitingEndsWithTheContext(t *testing.T) {
	b := newBench(t)
	if err := b.Store.Prepare(); err != nil {
		t.Fatal(err)
	}
	unlock, err := filelock.Lock(t.Context(), b.Store.LockPath(key))
	if err != nil {
		t.Fatal(err)
	}
	defer unlock()
	ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	_, err = b.get(ctx, mint.Want{})
	if !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "which another process holds") ||
		hint.Of(err) == "" {
		t.Errorf("got %v, want %v", err, context.DeadlineExceeded)
	}
	if n := b.minted.Load(); n != 0 {
		t.Errorf("%d mints without the lock", n)
	}
}

func TestUnusableStore(t *testing.T) {
	t.Run("a file in its place", func(t *testing.T) {
		b := newBench(t)
		if err := os.MkdirAll(filepath.Dir(b.Store.Dir()), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(b.Store.Dir(), nil, 0o600); err != nil {
			t.Fatal(err)
		}
		b.want(t, mint.Want{}, "token 1", 1)
		b.want(t, mint.Want{}, "token 2", 2)
		if len(b.warnings) != 2 || !strings.HasPrefix(b.warnings[0], "cache tokens: ") {
			t.Errorf("got %q, want one warning for each", b.warnings)
		}
	})
	t.Run("switched off", func(t *testing.T) {
		b := newBench(t)
		b.Store = tokencache.Store{}
		b.want(t, mint.Want{}, "token 1", 1)
		b.want(t, mint.Want{}, "token 2", 2)
		if len(b.warnings) != 0 {
			t.Errorf("got %q, want no warning about what the user asked for", b.warnings)
		}
	})
	t.Run("a folder in the lock's place", func(t *testing.T) {
		b := newBench(t)
		if err := os.MkdirAll(b.Store.LockPath(key), 0o700); err != nil {
			t.Fatal(err)
		}
		b.want(t, mint.Want{}, "token 1", 1)
		if len(b.warnings) != 1 {
			t.Errorf("got %q, want one warning", b.warnings)
		}
	})
}

// What was minted for a session that ended meanwhile is not kept, also when it ends while the token is stored.
func TestSessionEndsMeanwhile(t *testing.T) {
	for ends, want := range map[int]bool{1: false, 2: false, 3: true} { // at which look it is gone
		looks := 0
		f := mint.Flight{Store: open(t.TempDir()), Now: time.Now, Current: func() bool { looks++; return looks < ends }}
		e, err := f.Token(context.Background(), key, mint.Want{}, func(context.Context) (tokencache.Entry, error) {
			return entry("minted", time.Now()), nil
		})
		if err != nil || e.Token != "minted" {
			t.Errorf("%q, %v", e.Token, err)
		}
		if _, err := f.Store.Load(key); (err == nil) != want {
			t.Errorf("gone at look %d: %v, want a cached token %v", ends, err, want)
		}
	}
}

// A wait that a person notices is said, once, before anything else is.
func TestWaitingIsSaid(t *testing.T) {
	store := open(t.TempDir())
	if err := store.Prepare(); err != nil {
		t.Fatal(err)
	}
	unlock, err := filelock.Lock(context.Background(), store.LockPath(key))
	if err != nil {
		t.Fatal(err)
	}
	said := 0
	f := mint.Flight{Store: store, Now: time.Now, Waiting: func() { said++; unlock() }}
	for range 2 {
		_, err := f.Token(context.Background(), key, mint.Want{Force: true},
			func(context.Context) (tokencache.Entry, error) { return entry("minted", time.Now()), nil })
		if err != nil || said != 1 {
			t.Errorf("said %d times, %v", said, err)
		}
	}
}
