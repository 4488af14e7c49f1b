//go:build system && linux

package main

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// memory is a command of scripts: memory ARGUMENT… runs kubectl-edge with these arguments, and searches its memory for
// the administrator's key, which is what a core dump would have, each time that it prints something.
func memory(key func() []byte) func(*testscript.TestScript, bool, []string) {
	return func(ts *testscript.TestScript, _ bool, args []string) {
		s := searched{needles: needles(key())}
		if err := s.run(ts, args); err != nil {
			ts.Fatalf("%v", err)
		}
		if s.times == 0 || !s.certificate {
			ts.Fatalf("the memory was searched %d times; it had a certificate: %v", s.times, s.certificate)
		}
	}
}

// searched is a process whose memory is searched.
type searched struct {
	needles     map[string][]byte
	times       int
	certificate bool // one was seen, so that it was no memory of nothing
}

// run has the process write into a pipe that is full, so that it waits with each line that it prints.
func (s *searched) run(ts *testscript.TestScript, args []string) error {
	program, err := exec.LookPath("kubectl-edge")
	if err != nil {
		return err
	}
	var ends [2]int
	if err := syscall.Pipe2(ends[:], syscall.O_CLOEXEC|syscall.O_NONBLOCK); err != nil {
		return err
	}
	defer syscall.Close(ends[0])
	defer syscall.Close(ends[1])
	// The process has a description of its own of the end that is written to, which is not O_NONBLOCK.
	write, err := os.OpenFile(fmt.Sprintf("/proc/self/fd/%d", ends[1]), os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	fillPipe(ends[1])
	cmd := exec.Command(program, args...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = ts.Getenv("WORK"), write, write
	cmd.Env = os.Environ()
	for _, name := range append([]string{"KUBECONFIG"}, homeVariables...) {
		cmd.Env = append(cmd.Env, name+"="+ts.Getenv(name))
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	write.Close()
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	defer func() {
		_ = cmd.Process.Kill()
	}()
	var said []byte
	for {
		select {
		case err := <-ended:
			if err != nil {
				return fmt.Errorf("%w: %s", err, append(said, drainPipe(ends[0])...))
			}
			return nil
		case <-time.After(20 * time.Millisecond):
		}
		if !writes(cmd.Process.Pid) {
			continue
		}
		if err := s.search(cmd.Process.Pid); err != nil {
			return err
		}
		said = append(said, drainPipe(ends[0])...)
		fillPipe(ends[1])
	}
}

// fillPipe writes into a pipe until it is full.
func fillPipe(fd int) {
	for chunk := bytes.Repeat([]byte{0}, 4<<10); ; {
		if _, err := syscall.Write(fd, chunk); err != nil && err != syscall.EINTR {
			return
		}
	}
}

// drainPipe reads what is in a pipe, but what fillPipe wrote.
func drainPipe(fd int) (said []byte) {
	for chunk := make([]byte, 64<<10); ; {
		n, err := syscall.Read(fd, chunk)
		if n <= 0 || err != nil && err != syscall.EINTR {
			return said
		}
		said = append(said, bytes.ReplaceAll(chunk[:n], []byte{0}, nil)...)
	}
}

// writes reports whether the process waits to write on stdout or stderr (proc_pid_syscall(5)).
func writes(pid int) bool {
	threads, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/syscall", pid))
	return slices.ContainsFunc(threads, func(path string) bool {
		call, _ := os.ReadFile(path)
		fields := strings.Fields(string(call))
		return len(fields) > 1 && fields[0] == fmt.Sprint(syscall.SYS_WRITE) &&
			(fields[1] == "0x1" || fields[1] == "0x2")
	})
}

func (s *searched) search(pid int) error {
	memory, err := memoryOf(pid)
	if err != nil {
		return err
	}
	s.times++
	s.certificate = s.certificate || bytes.Contains(memory, []byte("BEGIN CERTIFICATE"))
	for name, needle := range s.needles {
		if bytes.Contains(memory, needle) {
			return fmt.Errorf("the administrator's key is in the memory: %s", name)
		}
	}
	return nil
}

// needles are the forms that the key may have: PEM, base64 of that at each of the three alignments, DER, and the number
// itself in both orders of bytes.
func needles(key []byte) map[string][]byte {
	block, _ := pem.Decode(key)
	number, err := numberOf(block)
	if err != nil {
		panic(err)
	}
	reversed := slices.Clone(number)
	slices.Reverse(reversed)
	middle := bytes.Split(key, []byte("\n"))[1]
	all := map[string][]byte{"PEM": middle[8:48], "DER": block.Bytes[10:40], "number": number[4:28],
		"reversed number": reversed[4:28]}
	for i := range 3 {
		inner := base64.StdEncoding.EncodeToString(key[30+i : 30+i+60])
		all[fmt.Sprintf("base64 at %d", i)] = []byte(inner[4:60])
		twice := base64.StdEncoding.EncodeToString([]byte(inner)[i:])
		all[fmt.Sprintf("base64 of base64 at %d", i)] = []byte(twice[4:60])
	}
	return all
}

// numberOf is the secret number of a key.
func numberOf(block *pem.Block) ([]byte, error) {
	if private, err := x509.ParseECPrivateKey(block.Bytes); err == nil {
		return private.Bytes()
	}
	private, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	switch private := private.(type) {
	case *ecdsa.PrivateKey:
		return private.Bytes()
	case ed25519.PrivateKey:
		return private.Seed(), nil
	}
	return nil, errors.Join(err, fmt.Errorf("a key of type %T", private))
}

func memoryOf(pid int) ([]byte, error) {
	maps, err := os.ReadFile(fmt.Sprintf("/proc/%d/maps", pid))
	if err != nil {
		return nil, err
	}
	memory, err := os.Open(fmt.Sprintf("/proc/%d/mem", pid))
	if err != nil {
		return nil, err
	}
	defer memory.Close()
	var all []byte
	for line := range strings.Lines(string(maps)) {
		var from, to int64
		var mode string
		if _, err := fmt.Sscanf(line, "%x-%x %s", &from, &to, &mode); err != nil || !strings.HasPrefix(mode, "rw") ||
			strings.Contains(line, "[v") {
			continue
		}
		data, err := io.ReadAll(io.NewSectionReader(memory, from, to-from))
		if err != nil && len(data) == 0 {
			continue // a guard page
		}
		all = append(all, data...)
	}
	return all, nil
}
