// Package atomicfile replaces files so that a reader, or a crash at any point, sees the old content or the new one.
//
// There are three ways. Write is for our own files. Reserve makes the place of one before a secret that is shown once
// is asked for, so that a full disk cannot lose it. File is for a file that belongs to a person and to other programs:
// it keeps all that the file is beside its content.
//
// A temporary file lies beside the file that it becomes. Its writer holds an OS lock on it as long as it lives, so that
// there is one rule for what may be swept: a temporary file whose lock is free. Who writes, sweeps.
package atomicfile

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/kubectl-edge/kubectl-edge/pkg/securefile"
)

// Write replaces path by a file with data and exactly the mode perm: a temporary file in the same folder, synced, then
// renamed. A symlink at path itself is replaced, not followed, unless it leads to something that is not a regular file:
// a device or a pipe is never replaced.
func Write(path string, data []byte, perm fs.FileMode) error {
	dir, err := securefile.AnyDir(filepath.Dir(path))
	if err != nil {
		return writeError(path, err)
	}
	defer dir.Close()
	return write(dir, path, data, perm)
}

// WriteOwn is Write with mode 0600 for our own state, whose folder has to be the user's alone.
func WriteOwn(path string, data []byte) error {
	dir, err := securefile.OpenDir(filepath.Dir(path), securefile.Private)
	if err != nil {
		return writeError(path, err)
	}
	defer dir.Close()
	return write(dir, path, data, 0o600)
}

func write(dir *securefile.Dir, path string, data []byte, perm fs.FileMode) error {
	if err := replaceable(path); err != nil {
		return err
	}
	t, err := create(dir, filepath.Base(path))
	if err != nil {
		return writeError(path, err)
	}
	defer t.close()
	if _, err := t.file.Write(data); err != nil {
		return writeError(path, err)
	}
	if err := t.chmod(perm, refuseWider); err != nil {
		return writeError(path, err)
	}
	if err := syncFile(t.file); err != nil {
		return writeError(path, err)
	}
	return t.become(path)
}

// replaceable refuses what is not a file, or leads to what is not: replacing /dev/stdout, say, would take it from every
// program.
func replaceable(path string) error {
	info, err := os.Lstat(path)
	if err == nil && info.Mode()&fs.ModeSymlink != 0 {
		if leadsTo(path, "/dev", "/proc") {
			return notRegular(path)
		}
		if info, err = os.Stat(path); err == nil && info.IsDir() {
			return nil // the link is replaced
		}
	}
	if err != nil || info.Mode().IsRegular() {
		return nil // what is in the way of a new file, its making says
	}
	return notRegular(path)
}

func notRegular(path string) error { return fmt.Errorf("write %s: it is not a regular file", path) }

// IsOpenFile reports whether a path is a process's open file, or a link that leads there, such as /dev/stdin. What is
// put in place of the file that it is, the process does not see.
func IsOpenFile(path string) bool { return leadsTo(path, "/proc") }

// leadsTo reports whether a link lies in one of the system's folders, or leads there: /dev/stdout is one, and it leads
// to a file where the output goes to one.
func leadsTo(link string, systems ...string) bool {
	for range 40 { // as many as Linux follows
		dir, err := filepath.EvalSymlinks(filepath.Dir(link))
		if err != nil {
			return false
		}
		if dir, err = filepath.Abs(dir); err != nil {
			return false
		}
		for _, system := range systems {
			if dir == system || strings.HasPrefix(dir, system+"/") {
				return true
			}
		}
		target, err := os.Readlink(link)
		if err != nil {
			return false
		}
		if !filepath.IsAbs(target) {
			target = filepath.Join(dir, target)
		}
		link = target
	}
	return false
}

// writeError is about path: a temporary file's name says nothing to a person.
func writeError(path string, err error) error {
	if err == nil {
		return nil
	}
	if refused, ok := errors.AsType[*securefile.Error](err); ok {
		return refused
	}
	return &fs.PathError{Op: "write", Path: path, Err: cause(err)}
}

// cause is an error on a file without the system call and the path.
func cause(err error) error {
	if failed, ok := errors.AsType[*fs.PathError](err); ok {
		return failed.Err
	}
	if failed, ok := errors.AsType[*os.LinkError](err); ok {
		return failed.Err
	}
	if failed, ok := errors.AsType[*os.SyscallError](err); ok {
		return failed.Err
	}
	return err
}

// syncFile writes f to the disk. Where a file system cannot sync, as some in user space, there is nothing to do about
// it.
func syncFile(f *os.File) error {
	if err := f.Sync(); err != nil && !unsupported(err) {
		return err
	}
	return nil
}
