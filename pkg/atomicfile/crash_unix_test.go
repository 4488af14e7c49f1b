//go:build unix

package atomicfile_test

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kubectl-edge/kubectl-edge/pkg/atomicfile"
)

// A run of the test binary with this variable is a writer of the file that it names, which stays before the rename.
const writerVariable = "ATOMICFILE_TEST_WRITER"

func TestMain(m *testing.M) {
	path := os.Getenv(writerVariable)
	if path == "" {
		os.Exit(m.Run())
	}
	r, err := atomicfile.Reserve(path, 100, 0o600)
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	fmt.Println("reserved")
	_, _ = io.ReadAll(os.Stdin)
	if err := r.Commit([]byte("by the child")); err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
}

// writer starts a process that has made its temporary file and waits.
func writer(t *testing.T, path string) (cmd *exec.Cmd, goOn func()) {
	t.Helper()
	cmd = exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), writerVariable+"="+path)
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if line, err := bufio.NewReader(out).ReadString('\n'); err != nil || line != "reserved\n" {
		t.Fatalf("the writer says %q, %v", line, err)
	}
	return cmd, func() { _ = in.Close() }
}

// What a killed writer left is gone after the next one, and a living writer's file stays.
func TestWriterSweepsAfterKilledOnes(t *testing.T) {
	dir := privateDir(t)
	path := filepath.Join(dir, "file")
	living, goOn := writer(t, path)
	for range 3 {
		dead, _ := writer(t, path)
		if err := dead.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		_ = dead.Wait() // killed
	}
	if got := names(t, dir); got != ".tmp-file-0 .tmp-file-1" {
		t.Fatalf("before: the folder has %s", got)
	}
	if err := atomicfile.WriteOwn(path, []byte("new")); err != nil {
		t.Fatal(err)
	}
	if got := names(t, dir); got != ".tmp-file-0 file" {
		t.Errorf("after: the folder has %s", got)
	}
	for _, sweep := range []func() error{
		func() error { return atomicfile.Sweep(path) },
		func() error { return atomicfile.SweepDir(dir) },
	} {
		if err := sweep(); err != nil || names(t, dir) != ".tmp-file-0 file" {
			t.Errorf("Sweep: %v; the folder has %s", err, names(t, dir))
		}
	}
	goOn()
	if err := living.Wait(); err != nil {
		t.Errorf("the living writer: %v", err)
	}
	if data, err := os.ReadFile(path); err != nil || string(data) != "by the child" {
		t.Errorf("the file is %q, %v", data, err)
	}
	if got := names(t, dir); got != "file" {
		t.Errorf("at the end: the folder has %s", got)
	}
}

func privateDir(t *testing.T) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "private")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestReservation(t *testing.T) {
	dir := privateDir(t)
	path := filepath.Join(dir, "file")
	for _, size := range []int{0, 10, 100_000} {
		r, err := atomicfile.Reserve(path, size, 0o600)
		if err != nil {
			t.Fatal(err)
		}
		want := strings.Repeat("y", size*9/10)
		if err := r.Commit([]byte(want)); err != nil {
			t.Fatal(err)
		}
		r.Abort()
		if data, err := os.ReadFile(path); err != nil || string(data) != want {
			t.Errorf("%d bytes: the file has %d, %v", size, len(data), err)
		}
	}
	r, err := atomicfile.Reserve(path, 5, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	r.Abort()
	r.Abort()
	if got := names(t, dir); got != "file" {
		t.Errorf("the folder has %s", got)
	}
}
