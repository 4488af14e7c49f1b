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
	"syscall"
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

// A place that is reserved can be filled although the disk has become full since; without one it cannot.
func TestReservationOnAFullDisk(t *testing.T) {
	if os.Geteuid() != 0 {
		return // only root mounts
	}
	mount := t.TempDir()
	if err := syscall.Mount("tmpfs", mount, "tmpfs", 0, "size=256k,mode=700"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(mount, 0); err != nil {
			t.Error(err)
		}
	})
	path := filepath.Join(mount, "file")
	if err := atomicfile.WriteOwn(path, []byte("old")); err != nil {
		t.Fatal(err)
	}
	r, err := atomicfile.Reserve(path, 50_000, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Abort()
	fill, err := os.Create(filepath.Join(mount, "fill"))
	if err != nil {
		t.Fatal(err)
	}
	for err == nil {
		_, err = fill.Write(make([]byte, 4096))
	}
	_ = fill.Close()
	if err := atomicfile.WriteOwn(path, make([]byte, 50_000)); err == nil {
		t.Fatal("the disk is not full")
	}
	if data, err := os.ReadFile(path); err != nil || string(data) != "old" {
		t.Errorf("a write that failed left %q, %v", data, err)
	}
	secret := strings.Repeat("s", 50_000)
	if err := r.Commit([]byte(secret)); err != nil {
		t.Errorf("the place that was reserved cannot be filled: %v", err)
	}
	if data, err := os.ReadFile(path); err != nil || string(data) != secret {
		t.Errorf("the file has %d bytes, %v", len(data), err)
	}
	if _, err := atomicfile.Reserve(path, 50_000, 0o600); err == nil {
		t.Error("a place is reserved on a full disk")
	}
	if got := names(t, mount); got != "file fill" {
		t.Errorf("the folder has %s", got)
	}
}
