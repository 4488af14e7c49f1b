package securefile

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// dirHandle is an open folder. On Linux it is a mere descriptor: os.Root hands its files to the runtime's poller, whose
// set-up takes longer than all that the credential helper does with them.
type dirHandle struct{ fd int }

const openDirFlags = syscall.O_DIRECTORY | syscall.O_CLOEXEC

func openDir(path string) (dirHandle, error) { return openDirWith(0, path) }

func openDirWith(flags int, path string) (dirHandle, error) {
	fd, err := retry(func() (int, error) { return syscall.Open(path, openDirFlags|flags, 0) })
	if err != nil {
		return dirHandle{}, &fs.PathError{Op: "open", Path: path, Err: err}
	}
	return dirHandle{fd}, nil
}

// openOwnDir is OpenDir for Private. It asks the open folder for the one above it, in which it really lies.
func openOwnDir(path string) (*Dir, error) {
	handle, err := openDirWith(NoFollow, path)
	if err != nil {
		if err = dirError(path, err); errors.Is(err, syscall.ENOTDIR) {
			err = dirError(filepath.Dir(path), err)
		}
		return nil, err
	}
	d := &Dir{path, handle}
	if err := d.checkAbove(); err != nil {
		_ = d.Close()
		return nil, err
	}
	return d.checked(Private)
}

func (d *Dir) checkAbove() error {
	const onlyLook = 0x200000 // O_PATH: it need not be readable
	path := filepath.Dir(d.path)
	fd, err := retry(func() (int, error) { return syscall.Openat(d.fd, "..", openDirFlags|onlyLook, 0) })
	if err != nil {
		return &fs.PathError{Op: "open", Path: path, Err: err}
	}
	above, err := (&Dir{path, dirHandle{fd}}).checkedAbove()
	if err != nil {
		return err
	}
	return above.Close()
}

// Open opens or makes a file of the folder. It follows no link, and does not wait where a FIFO is in the file's place.
func (d *Dir) Open(name string, flag int, perm fs.FileMode) (*os.File, error) {
	path := d.Path(name)
	open := func(flags int) (int, error) {
		return syscall.Openat(d.fd, name, flag|flags|NoFollow, uint32(perm.Perm()))
	}
	if flag&os.O_RDWR == 0 {
		return newFile(path, open)
	}
	// Opening a FIFO to read and write never waits (fifo(7)), so there is no flag to take back, in two more calls.
	fd, err := retry(func() (int, error) { return open(syscall.O_CLOEXEC) })
	if err != nil {
		return nil, &fs.PathError{Op: "open", Path: path, Err: err}
	}
	return os.NewFile(uintptr(fd), path), nil
}

// read is Read without an os.File, which costs the credential helper three more system calls a file.
func (d *Dir) read(name string, a Access) ([]byte, error) {
	fd, err := retry(func() (int, error) {
		return syscall.Openat(d.fd, name, syscall.O_RDONLY|syscall.O_CLOEXEC|syscall.O_NONBLOCK|NoFollow, 0)
	})
	if err != nil {
		return nil, &fs.PathError{Op: "open", Path: d.Path(name), Err: err}
	}
	defer syscall.Close(fd)
	path := d.Path(name)
	var stat syscall.Stat_t
	if err := syscall.Fstat(fd, &stat); err != nil {
		return nil, &fs.PathError{Op: "stat", Path: path, Err: err}
	}
	if stat.Mode&syscall.S_IFMT != syscall.S_IFREG {
		return nil, &Error{path, "it is not a regular file"}
	}
	if err := check(path, newInfo(stat.Mode, stat.Uid), a); err != nil {
		return nil, err
	}
	if stat.Size > maxSize {
		return nil, &Error{path, "it is larger than 1 MiB"}
	}
	data := make([]byte, stat.Size)
	for at := 0; at < len(data); {
		n, err := retry(func() (int, error) { return syscall.Read(fd, data[at:]) })
		if err == nil && n == 0 {
			err = io.ErrUnexpectedEOF
		}
		if err != nil {
			return nil, fmt.Errorf("read %s: %w", path, err)
		}
		at += n
	}
	return data, nil
}

// Rename renames a file of the folder, replacing one that has the name.
func (d *Dir) Rename(from, to string) error {
	if err := syscall.Renameat(d.fd, from, d.fd, to); err != nil {
		return &os.LinkError{Op: "rename", Old: d.Path(from), New: d.Path(to), Err: err}
	}
	return nil
}

// Remove removes a file of the folder.
func (d *Dir) Remove(name string) error {
	if err := syscall.Unlinkat(d.fd, name); err != nil {
		return &fs.PathError{Op: "remove", Path: d.Path(name), Err: err}
	}
	return nil
}

// Sync makes the names of the folder's files last over a power failure, where the file system can.
func (d *Dir) Sync() error { return syscall.Fsync(d.fd) }

// Close closes the folder.
func (d *Dir) Close() error { return syscall.Close(d.fd) }

func (d *Dir) stat() (fs.FileInfo, error) {
	var stat syscall.Stat_t
	if err := syscall.Fstat(d.fd, &stat); err != nil {
		return nil, &fs.PathError{Op: "stat", Path: d.path, Err: err}
	}
	return newInfo(stat.Mode, stat.Uid), nil
}

// info is what check looks at. The rest of fs.FileInfo is not there.
type info struct {
	fs.FileInfo
	mode fs.FileMode
	stat syscall.Stat_t
}

func newInfo(mode, owner uint32) *info {
	return &info{mode: fileMode(mode), stat: syscall.Stat_t{Uid: owner}}
}

func (i *info) Mode() fs.FileMode { return i.mode }
func (i *info) IsDir() bool       { return i.mode.IsDir() }
func (i *info) Sys() any          { return &i.stat }

func fileMode(mode uint32) fs.FileMode {
	m := fs.FileMode(mode & 0o777)
	if mode&syscall.S_IFMT == syscall.S_IFDIR {
		m |= fs.ModeDir
	}
	if mode&syscall.S_ISVTX != 0 {
		m |= fs.ModeSticky
	}
	return m
}

func (d *Dir) readOnly() bool {
	const readOnly = 1 // ST_RDONLY
	var stat syscall.Statfs_t
	return syscall.Fstatfs(d.fd, &stat) == nil && stat.Flags&readOnly != 0
}

// retry repeats a call that a signal interrupted.
func retry(call func() (int, error)) (int, error) {
	for {
		n, err := call()
		if !errors.Is(err, syscall.EINTR) {
			return n, err
		}
	}
}
