package process

import (
	"io"
	"os"
	"os/exec"
	"syscall"
	"testing"
	"time"
)

// parentVariable makes this test program a parent that starts a child and then waits for its own end.
const parentVariable = "PROCESS_TEST_PARENT"

func TestMain(m *testing.M) {
	if os.Getenv(parentVariable) != "" {
		os.Exit(parent())
	}
	os.Exit(m.Run())
}

// parent starts a child with the same streams, which says that it runs.
func parent() int {
	p, err := Start(child(os.Stdin, os.Stdout), true)
	if err != nil {
		return 1
	}
	p.Wait()
	return 0
}

// child is a program that says that it runs, and then lives as long as its standard input.
func child(stdin io.Reader, stdout io.Writer) *exec.Cmd {
	cmd := exec.Command("sh", "-c", "echo running; exec cat")
	cmd.Stdin, cmd.Stdout = stdin, stdout
	return cmd
}

func TestChildDiesWithItsParent(t *testing.T) {
	stdin, holdOpen := pipe(t)
	stdout, childStdout := pipe(t)
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), parentVariable+"=1")
	cmd.Stdin, cmd.Stdout = stdin, childStdout
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	childStdout.Close()
	wantRunning(t, stdout)
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	cmd.Wait()
	if _, err := io.Copy(io.Discard, stdout); err != nil { // ends when nobody can write any more
		t.Error(err)
	}
	holdOpen.Close()
}

func TestStop(t *testing.T) {
	t.Run("terminates", func(t *testing.T) {
		stdin, _ := pipe(t)
		stdout, childStdout := pipe(t)
		p, err := Start(child(stdin, childStdout), true)
		if err != nil {
			t.Fatal(err)
		}
		wantRunning(t, stdout)
		p.Stop(time.Minute)
		wantSignal(t, p, syscall.SIGTERM)
	})
	t.Run("kills what does not end", func(t *testing.T) {
		stdin, _ := pipe(t)
		stdout, childStdout := pipe(t)
		cmd := exec.Command("sh", "-c", "trap '' TERM; echo running; exec cat")
		cmd.Stdin, cmd.Stdout = stdin, childStdout
		p, err := Start(cmd, true)
		if err != nil {
			t.Fatal(err)
		}
		wantRunning(t, stdout)
		p.Stop(0)
		wantSignal(t, p, syscall.SIGKILL)
	})
	t.Run("has ended already", func(t *testing.T) {
		p, err := Start(exec.Command("true"), false)
		if err != nil {
			t.Fatal(err)
		}
		if err := p.Wait(); err != nil {
			t.Error(err)
		}
		p.Stop(time.Minute)
	})
}

func TestStartFails(t *testing.T) {
	if _, err := Start(exec.Command("./no-such-program"), false); err == nil {
		t.Error("want an error")
	}
}

func pipe(t *testing.T) (r, w *os.File) {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		r.Close()
		w.Close()
	})
	return r, w
}

func wantRunning(t *testing.T, stdout io.Reader) {
	t.Helper()
	line := make([]byte, len("running\n"))
	if _, err := io.ReadFull(stdout, line); err != nil {
		t.Fatal(err)
	}
}

func wantSignal(t *testing.T, p *Process, want syscall.Signal) {
	t.Helper()
	<-p.Done()
	if status, ok := p.cmd.ProcessState.Sys().(syscall.WaitStatus); !ok || status.Signal() != want {
		t.Errorf("got %v, want %v", p.cmd.ProcessState, want)
	}
}
