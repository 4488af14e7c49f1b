package atomicfile

import (
	"io/fs"
	"os"
	"path/filepath"

	"github.com/kubectl-edge/kubectl-edge/pkg/securefile"
)

// Reservation is the place of a file of our own, made before its content is known: the folder has been checked, the
// temporary file is there with its mode, its space is allocated and on the disk. What follows needs no more space than
// that. It is for a secret that is spent or shown once, such as a refresh token: first the place, then the secret. Of a
// file that a person named, package fixedname says whether another one can take its place.
type Reservation struct {
	path string
	temp *temp
}

// Reserve makes the place for path, a private file of our own, with space for size bytes. Abort it when done.
func Reserve(path string, size int, mode fs.FileMode) (*Reservation, error) {
	dir, err := securefile.OpenDir(filepath.Dir(path), securefile.Private)
	if err != nil {
		return nil, writeError(path, err)
	}
	return reserve(dir, path, size, mode)
}

// ReserveAny is Reserve for a file that a person named, whose folder may be anybody's.
func ReserveAny(path string, size int, mode fs.FileMode) (*Reservation, error) {
	dir, err := securefile.AnyDir(filepath.Dir(path))
	if err != nil {
		return nil, writeError(path, err)
	}
	return reserve(dir, path, size, mode)
}

func reserve(dir *securefile.Dir, path string, size int, mode fs.FileMode) (_ *Reservation, err error) {
	r := &Reservation{path: path}
	defer func() {
		if err == nil {
			return
		}
		if r.temp != nil {
			r.temp.close()
		}
		_ = dir.Close()
	}()
	if err := replaceable(path); err != nil {
		return nil, err
	}
	if r.temp, err = create(dir, filepath.Base(path)); err != nil {
		return nil, writeError(path, err)
	}
	if err := r.temp.chmod(mode, refuseWider); err != nil {
		return nil, writeError(path, err)
	}
	if err := allocate(r.temp.file, int64(size)); err != nil {
		return nil, writeError(path, err)
	}
	// With the space the folder's entry for the file is on the disk, too. A rename onto a file that is there needs no
	// more.
	if err := syncFile(r.temp.file); err != nil {
		return nil, writeError(path, err)
	}
	return r, nil
}

// allocate gives f space for size bytes. It writes them: where fallocate is not supported, and on file systems that
// take a promise of space for less than it is.
func allocate(f *os.File, size int64) error {
	zeros := make([]byte, min(size, 64<<10))
	for at := int64(0); at < size; {
		n, err := f.WriteAt(zeros[:min(size-at, int64(len(zeros)))], at)
		if err != nil {
			return err
		}
		at += int64(n)
	}
	return nil
}

// Commit fills the place with data and makes it the file. Data of more bytes than were reserved is written as well, if
// there is space.
func (r *Reservation) Commit(data []byte) error {
	if _, err := r.temp.file.WriteAt(data, 0); err != nil {
		return writeError(r.path, err)
	}
	if err := r.temp.file.Truncate(int64(len(data))); err != nil {
		return writeError(r.path, err)
	}
	if err := syncFile(r.temp.file); err != nil {
		return writeError(r.path, err)
	}
	if err := r.temp.become(r.path); err != nil {
		return err
	}
	_ = r.temp.dir.Sync() // not every file system can; what is renamed is not lost by that, but by a power failure now
	return nil
}

// Abort gives back what was reserved and not committed. It can be called at any time, and again.
func (r *Reservation) Abort() {
	if r.temp == nil {
		return
	}
	r.temp.close()
	_ = r.temp.dir.Close()
	r.temp = nil
}
