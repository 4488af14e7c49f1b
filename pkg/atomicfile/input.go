package atomicfile

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/kubectl-edge/kubectl-edge/pkg/securefile"
)

// ErrTooBig is the error about a file that goes on beyond the limit of who reads it.
var ErrTooBig = errors.New("it is too big")

const (
	writerWait = 2 * time.Second  // until somebody writes to a named pipe
	silentWait = 30 * time.Second // for more from a pipe
)

// ReadInput reads a file that a person names: a regular one, or a pipe or device, as a shell's <(command) and
// /dev/stdin are. It reads no more than limit bytes, and ends where nobody writes.
func ReadInput(path string, limit int64) ([]byte, fs.FileInfo, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, nil, cause(err)
	}
	switch mode := info.Mode(); {
	case mode.IsDir():
		return nil, nil, errors.New("it is a folder")
	case mode&fs.ModeSocket != 0:
		return nil, nil, errors.New("it is a socket")
	case mode.IsRegular():
		if info.Size() > limit {
			return nil, nil, ErrTooBig
		}
	}
	for start := time.Now(); ; time.Sleep(20 * time.Millisecond) {
		data, err := readOnce(path, info, limit)
		if err != nil || len(data) > 0 || !named(path, info) {
			return data, info, err
		}
		if time.Since(start) > writerWait {
			return nil, nil, errors.New("it is a pipe that nobody writes to")
		}
	}
}

// named reports whether the file is a pipe with a name of its own, to which somebody may come to write.
func named(path string, info fs.FileInfo) bool {
	return info.Mode()&fs.ModeNamedPipe != 0 && !OfSystem(path)
}

func readOnce(path string, info fs.FileInfo, limit int64) ([]byte, error) {
	var f *os.File
	var err error
	if info.Mode().IsRegular() {
		f, err = securefile.Open(path, os.O_RDONLY, 0)
	} else { // opening a pipe to read waits for a writer
		f, err = os.OpenFile(path, os.O_RDONLY|securefile.NonBlock, 0)
	}
	if err != nil {
		return nil, cause(err)
	}
	defer f.Close()
	var from io.Reader = f
	if info.Mode()&fs.ModeNamedPipe != 0 {
		from = patientReader{f}
	}
	data, err := ReadLimited(from, limit)
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return nil, fmt.Errorf("nothing came from the pipe for %s", silentWait)
	}
	return data, cause(err)
}

// ReadLimited reads all, or fails with ErrTooBig if that is more than limit bytes.
func ReadLimited(r io.Reader, limit int64) ([]byte, error) {
	data, err := io.ReadAll(io.LimitReader(r, limit+1))
	if err == nil && int64(len(data)) > limit {
		return nil, ErrTooBig
	}
	return data, err
}

// patientReader waits a bounded time for each piece.
type patientReader struct{ file *os.File }

func (r patientReader) Read(p []byte) (int, error) {
	_ = r.file.SetReadDeadline(time.Now().Add(silentWait)) // what cannot have one does not wait
	return r.file.Read(p)
}

// OfSystem reports whether a path is one of the system's, below /dev or /proc, where nothing is a person's to remove or
// replace.
func OfSystem(path string) bool {
	path, err := filepath.Abs(path)
	if err != nil {
		return false
	}
	for _, system := range []string{"/dev", "/proc"} {
		if path == system || strings.HasPrefix(path, system+"/") {
			return true
		}
	}
	return false
}
