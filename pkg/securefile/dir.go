package securefile

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
)

// Dir is an open folder. Its files are opened relative to it and never through a symbolic link in the last place, so
// that what was checked when it was opened is what is used: a folder that somebody renames or replaces by a link
// meanwhile changes nothing.
type Dir struct {
	path string
	dirHandle
}

// OpenDir opens a folder that belongs to the user and that others have no such access to. For Private, which is for our
// own state, a symbolic link in its place is refused, and so is a folder above it that is another user's or that others
// can write to: they could put another folder in its place. Errors are those of os.Open, or *Error.
func OpenDir(path string, a Access) (*Dir, error) {
	if a != Private {
		d, err := AnyDir(path)
		if err != nil {
			return nil, dirError(path, err)
		}
		return d.checked(a)
	}
	return openOwnDir(path)
}

// MakeDir makes a folder of our own, with mode 0700, as are those above it that are missing, and reports whether
// OpenDir accepts it as Private.
func MakeDir(path string) error {
	if err := MakeOwn(path); err != nil {
		return err
	}
	return CheckDir(path)
}

// AnyDir opens a folder of any user: that of a file which a person named.
func AnyDir(path string) (*Dir, error) {
	handle, err := openDir(path)
	if err != nil {
		return nil, err
	}
	return &Dir{path, handle}, nil
}

// checkAbove reports whether nobody else can put another folder in the place of one in the folder of info. In one with
// the sticky bit, such as /tmp, others cannot do that with one that is there.
func checkAbove(path string, info fs.FileInfo) error {
	if info.Mode()&fs.ModeSticky != 0 && belongsToUser(info, NotWritableByOthers) {
		return nil
	}
	return check(path, info, NotWritableByOthers)
}

// checkedAbove is checked for the folder above one of our own.
func (d *Dir) checkedAbove() (*Dir, error) { return d.checkedBy(checkAbove, NotWritableByOthers) }

// checked closes the folder again if it is not acceptable.
func (d *Dir) checked(a Access) (*Dir, error) {
	return d.checkedBy(func(path string, info fs.FileInfo) error { return check(path, info, a) }, a)
}

func (d *Dir) checkedBy(check func(string, fs.FileInfo) error, a Access) (*Dir, error) {
	info, err := d.stat()
	if err == nil && !info.IsDir() {
		err = &Error{d.path, "it is not a folder"}
	}
	if err == nil {
		err = check(d.path, info)
	}
	// A folder that is mounted read-only cannot be written to whatever its mode says: Kubernetes mounts a ConfigMap so.
	if err != nil && a == NotWritableByOthers && d.readOnly() && belongsToUser(info, a) {
		err = nil
	}
	if err != nil {
		_ = d.Close()
		return nil, err
	}
	return d, nil
}

// dirError says what is in the way of a folder.
func dirError(path string, err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return err
	}
	info, errStat := os.Lstat(path)
	switch {
	case errStat != nil:
		return err
	case info.Mode()&fs.ModeSymlink != 0:
		return &Error{path, "it is a symbolic link"}
	case !info.IsDir():
		return &Error{path, "it is not a folder"}
	}
	return err
}

// Path is the path of a file in the folder, for messages.
func (d *Dir) Path(name string) string { return filepath.Join(d.path, name) }

// Read returns the content of a file of the folder, on the same terms as the function Read.
func (d *Dir) Read(name string, a Access) ([]byte, error) {
	data, err := d.read(name, a)
	if err != nil && isSymlinkError(err) {
		if a != Private {
			return Read(d.Path(name), a) // people link their dot files, and nobody else can put a link here
		}
		return nil, &Error{d.Path(name), "it is a symbolic link"}
	}
	return data, err
}

// ReadOwn returns the content of a file of our own state: it reads path as Read does, in a folder that OpenDir accepts.
func ReadOwn(path string, a Access) ([]byte, error) {
	d, err := OpenDir(filepath.Dir(path), a)
	if err != nil {
		return nil, err
	}
	defer d.Close()
	return d.Read(filepath.Base(path), a)
}

// OpenOwn opens a file of our own state in a folder that OpenDir accepts as Private.
func OpenOwn(path string, flag int, perm fs.FileMode) (*os.File, error) {
	d, err := OpenDir(filepath.Dir(path), Private)
	if err != nil {
		return nil, err
	}
	defer d.Close()
	return d.Open(filepath.Base(path), flag, perm)
}

// RemoveOwn removes a file of our own state in a folder that OpenDir accepts as Private.
func RemoveOwn(path string) error {
	d, err := OpenDir(filepath.Dir(path), Private)
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Remove(filepath.Base(path))
}

// OpenMine opens or makes a regular file of the user's own, in a folder that may be anybody's: it follows no link in
// the last place, and refuses what another user put there.
func OpenMine(path string, flag int, perm fs.FileMode) (*os.File, error) {
	d, err := AnyDir(filepath.Dir(path))
	if err != nil {
		return nil, err
	}
	defer d.Close()
	f, err := d.Open(filepath.Base(path), flag, perm)
	if err != nil {
		if isSymlinkError(err) {
			return nil, &Error{path, "it is a symbolic link"}
		}
		return nil, err
	}
	info, err := f.Stat()
	switch {
	case err != nil:
	case !info.Mode().IsRegular():
		err = &Error{path, "it is not a regular file"}
	case !belongsToUser(info, Private):
		err = &Error{path, otherUser}
	}
	if err != nil {
		_ = f.Close()
		return nil, err
	}
	return f, nil
}
