//go:build !linux

package securefile

import (
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// dirHandle is an open folder.
type dirHandle struct{ root *os.Root }

func openDir(path string) (dirHandle, error) {
	root, err := os.OpenRoot(path)
	return dirHandle{root}, err
}

// openOwnDir is OpenDir for Private.
func openOwnDir(path string) (*Dir, error) {
	above, err := AnyDir(filepath.Dir(path))
	if err != nil {
		return nil, dirError(filepath.Dir(path), err)
	}
	if above, err = above.checkedAbove(); err != nil {
		return nil, err
	}
	defer above.Close()
	handle, err := above.openDir(filepath.Base(path))
	if err != nil {
		return nil, dirError(path, err)
	}
	return (&Dir{path, handle}).checked(Private)
}

// openDir opens a folder of the folder, not through a link.
func (d *Dir) openDir(name string) (dirHandle, error) {
	if err := d.noLink(name); err != nil {
		return dirHandle{}, err
	}
	root, err := d.root.OpenRoot(name)
	return dirHandle{root}, err
}

// noLink refuses a link. One that is put there after it leads to the folder itself at the most: os.Root sees to that.
func (d *Dir) noLink(name string) error {
	info, err := d.root.Lstat(name)
	if err == nil && info.Mode()&fs.ModeSymlink != 0 {
		return &fs.PathError{Op: "open", Path: d.Path(name), Err: syscall.ELOOP}
	}
	return nil
}

// Open opens or makes a file of the folder. It follows no link, and does not wait where a FIFO is in the file's place.
func (d *Dir) Open(name string, flag int, perm fs.FileMode) (*os.File, error) {
	if err := d.noLink(name); err != nil {
		return nil, err
	}
	var f *os.File
	err := patiently(d.Path(name), func() (err error) {
		f, err = d.root.OpenFile(name, flag|NonBlock, perm)
		return err
	})
	if failed, ok := err.(*fs.PathError); ok {
		failed.Op, failed.Path = "open", d.Path(name)
	}
	return f, err
}

func (d *Dir) read(name string, a Access) ([]byte, error) {
	f, err := d.Open(name, os.O_RDONLY, 0)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return read(d.Path(name), f, a)
}

// Rename renames a file of the folder, replacing one that has the name.
func (d *Dir) Rename(from, to string) error {
	return patiently(d.Path(to), func() error { return d.root.Rename(from, to) })
}

// Remove removes a file of the folder.
func (d *Dir) Remove(name string) error {
	err := patiently(d.Path(name), func() error { return d.root.Remove(name) })
	if failed, ok := err.(*fs.PathError); ok {
		failed.Op, failed.Path = "remove", d.Path(name)
	}
	return err
}

// Sync makes the names of the folder's files last over a power failure, where the file system can.
func (d *Dir) Sync() error {
	f, err := d.root.Open(".")
	if err != nil {
		return err
	}
	defer f.Close()
	return f.Sync()
}

// Close closes the folder.
func (d *Dir) Close() error { return d.root.Close() }

func (d *Dir) stat() (fs.FileInfo, error) { return d.root.Stat(".") }

func (d *Dir) readOnly() bool { return false }
