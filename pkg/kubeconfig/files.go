package kubeconfig

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"

	"github.com/kubectl-edge/kubectl-edge/pkg/atomicfile"
	"github.com/kubectl-edge/kubectl-edge/pkg/hint"
	"github.com/kubectl-edge/kubectl-edge/pkg/yamledit"
)

// file is a kubeconfig file as it was read. Its document is empty if the file does not exist.
type file struct {
	path     string // as the person wrote it
	target   string // where a symlink leads, else path
	info     fs.FileInfo
	document *document
}

func readFile(path string) (*file, error) {
	f, err := statFile(path)
	if err != nil {
		return nil, fmt.Errorf("read kubeconfig %q: %w", path, err)
	}
	var data []byte
	if f.info != nil {
		if f.info.Size() > yamledit.MaxSize {
			return nil, fmt.Errorf("read kubeconfig %q: %w", path, yamledit.ErrTooBig)
		}
		if data, err = os.ReadFile(f.target); err != nil {
			return nil, fmt.Errorf("read kubeconfig %q: %w", path, reason(err))
		}
	}
	if f.document, err = parse(data); err != nil {
		return nil, fmt.Errorf("read kubeconfig %q: %w", path, err)
	}
	return f, nil
}

func statFile(path string) (*file, error) {
	target, err := filepath.EvalSymlinks(path)
	if errors.Is(err, fs.ErrNotExist) {
		if link, err := os.Readlink(path); err == nil {
			return nil, hint.Wrap(fmt.Errorf("it is a symlink to %q, which does not exist", link), "create that file, or remove the symlink %s", path)
		}
		return &file{path: path, target: path}, nil
	} else if err != nil {
		return nil, reason(err)
	}
	info, err := os.Stat(target)
	if err != nil {
		return nil, reason(err)
	}
	if !info.Mode().IsRegular() {
		return nil, errors.New("it is not a regular file")
	}
	return &file{path: path, target: target, info: info}, nil
}

// checkWritable refuses files that are not ours to change, though replacing them may be possible.
func (f *file) checkWritable() error {
	if f.info == nil {
		return nil
	}
	if f.info.Mode().Perm()&0o200 == 0 {
		return hint.Wrap(fmt.Errorf("it is read-only (mode %04o)", f.info.Mode().Perm()), "chmod u+w %s, or choose another file with --kubeconfig", f.target)
	}
	return checkOwner(f.info)
}

// write replaces the file by data, with the mode and the owner it has.
func (f *file) write(data []byte) error {
	if err := f.replace(data); err != nil {
		return fmt.Errorf("write kubeconfig %q: %w", f.path, err)
	}
	return nil
}

func (f *file) replace(data []byte) error {
	if err := f.checkWritable(); err != nil {
		return err
	}
	mode := fs.FileMode(0o600)
	if f.info == nil {
		if err := os.MkdirAll(filepath.Dir(f.target), 0o700); err != nil {
			return reason(err)
		}
	} else {
		mode = f.info.Mode().Perm()
	}
	// A program that does not take the lock, such as an editor, may have written meanwhile.
	if current, err := os.ReadFile(f.target); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return reason(err)
	} else if !bytes.Equal(current, f.document.data) {
		return errors.New("another program changed it meanwhile, without taking its lock; try again")
	}
	err := atomicfile.Write(f.target, data, mode, func(temp *os.File) error { return keepOwner(temp, f.info) })
	if err != nil {
		return reason(err)
	}
	return nil
}

// lockFiles takes the locks of all files, in an order that all programs share. A folder in which no lock can be made holds
// files that cannot be replaced either: they are read without, and writing them fails.
func lockFiles(ctx context.Context, paths []string) (unlock func(), err error) {
	var names []string
	for _, path := range paths {
		target := path
		if f, err := statFile(path); err == nil {
			target = f.target
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

// onWindows is for the few rules of its file system that differ.
const onWindows = runtime.GOOS == "windows"
