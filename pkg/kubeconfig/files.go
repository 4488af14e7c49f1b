package kubeconfig

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"syscall"

	"github.com/kubectl-edge/kubectl-edge/pkg/atomicfile"
	"github.com/kubectl-edge/kubectl-edge/pkg/fixedname"
	"github.com/kubectl-edge/kubectl-edge/pkg/hint"
	"github.com/kubectl-edge/kubectl-edge/pkg/interrupt"
	"github.com/kubectl-edge/kubectl-edge/pkg/yamledit"
)

// file is a kubeconfig file as it was read. Its document is empty if the file does not exist.
type file struct {
	path     string           // as the person wrote it
	file     *atomicfile.File // nil for what is only read (isStream)
	document *document
}

// errPipe is about a file that has no content to change.
var errPipe = errors.New("it is a pipe, a device or an open file of a process, which can only be read")

func readFile(ctx context.Context, path string) (*file, error) {
	f := &file{path: path}
	if err := f.read(ctx); err != nil {
		return nil, fmt.Errorf("read kubeconfig %s: %w", hint.Path(path), err)
	}
	return f, nil
}

func (f *file) read(ctx context.Context) (err error) {
	if isStream(f.path) {
		data, err := interrupt.Read(ctx, func() ([]byte, error) {
			data, _, err := atomicfile.ReadInput(f.path, yamledit.MaxSize)
			return data, err
		})
		if errors.Is(err, atomicfile.ErrTooBig) {
			return yamledit.ErrTooBig
		}
		if err != nil {
			return err
		}
		f.document, err = parse(data)
		return err
	}
	if f.file, err = atomicfile.Find(f.path); err != nil {
		return err
	}
	f.file.Public = true // what we put into it is no secret
	if f.file.Info != nil && f.file.Info.Size() > yamledit.MaxSize {
		return yamledit.ErrTooBig
	}
	data, err := f.file.Read()
	if err != nil {
		return err
	}
	if f.document, err = parse(data); err == nil && f.file.Info != nil {
		f.document.before = readShape(f.file.Target)
	}
	return err
}

// isStream reports whether there is something at the path that is only read: a pipe, such as a shell's <(command),
// a device, or an open file of a process, such as /dev/stdin after "<": to replace it would leave the process the old
// one.
func isStream(path string) bool {
	info, err := os.Stat(path)
	return err == nil && !info.IsDir() && (!info.Mode().IsRegular() || atomicfile.IsOpenFile(path))
}

// checkWritable reports whether write can be expected to succeed.
func (f *file) checkWritable() error {
	err := errPipe
	if f.file != nil {
		err = f.file.CheckWritable()
	}
	if err == nil && f.file.Info == nil { // one that is there can be written in place
		err = fixedname.Check(f.file.Target)
	}
	if err != nil {
		return writeError(f.path, err)
	}
	return nil
}

// write replaces the content of the file, and leaves all else of it.
func (f *file) write(data []byte) error {
	if err := f.file.Replace(f.document.data, data); err != nil {
		return writeError(f.path, err)
	}
	return nil
}

func writeError(path string, err error) error {
	err = fmt.Errorf("write kubeconfig %s: %w", hint.Path(path), err)
	if errors.Is(err, errPipe) {
		return hint.Wrap(err, "name a file: --kubeconfig FILE")
	}
	if hint.Of(err) == "" && (errors.Is(err, fs.ErrPermission) || errors.Is(err, syscall.EROFS)) {
		return hint.Wrap(err, "choose another file with --kubeconfig, or %s", hint.Set("KUBECONFIG", "FILE"))
	}
	if errors.Is(err, atomicfile.ErrReadOnly) {
		err = hint.Wrap(err, "%s, or choose another file with --kubeconfig", hint.Of(err))
	}
	return err
}

// lockFiles takes the locks of all files, in an order that all programs share. A folder in which no lock can be made
// holds files that can be written in place at the most, and that no other program can lock either: they are edited
// without.
func lockFiles(ctx context.Context, paths []string) (unlock func(), err error) {
	var names []string
	for _, path := range paths {
		if isStream(path) {
			continue
		}
		target := path
		if f, err := atomicfile.Find(path); err == nil {
			target = f.Target
		}
		names = append(names, lockName(path), lockName(target))
	}
	slices.Sort(names)
	names = slices.Compact(names)
	var locks []*lock
	unlock = func() {
		for _, l := range locks {
			l.release()
		}
	}
	for _, name := range names {
		l, err := acquire(ctx, name)
		if errors.Is(err, fs.ErrPermission) || errors.Is(err, errReadOnlyFS) || errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			unlock()
			return nil, err
		}
		locks = append(locks, l)
	}
	return unlock, nil
}

// lockName is client-go's name for the lock of a file, with the symlinks in the way to its folder resolved, so that one
// lock has one name.
func lockName(path string) string {
	dir, base := filepath.Split(path)
	if dir, err := filepath.Abs(dir); err == nil {
		if resolved, err := filepath.EvalSymlinks(dir); err == nil {
			dir = resolved
		}
		return filepath.Join(dir, base+".lock")
	}
	return path + ".lock"
}

// reason is the cause of an error on a file without the system call and the path, which the message has already.
func reason(err error) error {
	var path *fs.PathError
	if errors.As(err, &path) {
		return path.Err
	}
	var link *os.LinkError
	if errors.As(err, &link) {
		return link.Err
	}
	return err
}
