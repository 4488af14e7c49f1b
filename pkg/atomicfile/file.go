package atomicfile

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/kubectl-edge/kubectl-edge/pkg/hint"
	"github.com/kubectl-edge/kubectl-edge/pkg/securefile"
)

// File is a file that belongs to a person and that other programs edit, too: a kubeconfig, a kuberc, the configuration
// of another command line. Its owner, mode, access lists, extended attributes and hard links stay, and so do the
// symbolic links that lead to it. Where all that cannot be given to a new file, or no file can be put in its place, as
// in a mount of one file into a container, it is written in place, with a backup that survives a crash.
type File struct {
	Path   string      // as it was given
	Target string      // where symbolic links lead, else Path
	Info   fs.FileInfo // nil if it does not exist

	Mode fs.FileMode // of a new file; 0 is 0600
	// It holds no secret: what others can do with it is the file system's choice where it has no modes.
	Public bool
	Narrow bool // others lose what they may do with it
}

// Find looks for the file at path. It is no error if there is none, but one if there is something else.
func Find(path string) (*File, error) {
	switch info, err := os.Stat(path); {
	case err == nil && !info.Mode().IsRegular(): // a pipe's link leads to no path
		return nil, errors.New("it is not a regular file")
	case err != nil && !errors.Is(err, fs.ErrNotExist): // links in a circle, say
		return nil, cause(err)
	}
	target, err := filepath.EvalSymlinks(path)
	if errors.Is(err, fs.ErrNotExist) {
		if target, err = newTarget(path); err != nil {
			return nil, err
		}
		return &File{Path: path, Target: target}, nil
	} else if err != nil {
		return nil, cause(err)
	}
	info, err := os.Stat(target)
	if err != nil {
		return nil, cause(err)
	}
	if !info.Mode().IsRegular() {
		return nil, errors.New("it is not a regular file")
	}
	return &File{Path: path, Target: target, Info: info}, nil
}

// newTarget returns where a new file for path goes: people link their dot files before those are there. What another
// user linked somewhere is not followed, for they would choose where we write.
func newTarget(path string) (string, error) {
	target := path
	for range 40 { // as many as Linux follows
		info, err := os.Lstat(target)
		if errors.Is(err, fs.ErrNotExist) || err == nil && info.Mode()&fs.ModeSymlink == 0 {
			return target, nil
		} else if err != nil {
			return "", cause(err)
		}
		link, err := os.Readlink(target)
		if err != nil {
			return "", cause(err)
		}
		missing := fmt.Errorf("it leads to %s, which is not there", hint.Path(link))
		if !ownLink(info) && !OfSystem(path) {
			return "", hint.Wrap(fmt.Errorf("it is a symlink of another user to %s, which does not exist",
				hint.Path(link)), "create that file, or remove the symlink %s", target)
		}
		if !filepath.IsAbs(link) {
			link = filepath.Dir(target) + string(filepath.Separator) + link // not cleaned: x/.. may lead elsewhere
		}
		dir, name := filepath.Split(link)
		if dir, err = filepath.EvalSymlinks(dir); errors.Is(err, fs.ErrNotExist) {
			return "", hint.Wrap(fmt.Errorf("%w: its folder does not exist", missing),
				"create the folder %s, or remove the symlink %s", filepath.Dir(link), target)
		} else if err != nil {
			return "", cause(err)
		}
		if target = filepath.Join(dir, name); OfSystem(path) || OfSystem(target) {
			return "", missing
		}
	}
	return "", errors.New("its symlinks lead in a circle")
}

// Read returns the content, nothing if the file does not exist. What a crash left half written it takes from the
// backup.
func (f *File) Read() ([]byte, error) {
	if f.Info == nil {
		return nil, nil
	}
	data, err := readFile(f.Target)
	if err != nil {
		return nil, cause(err)
	}
	if b := findBackup(f.Target); b != nil && b.torn(data) {
		return b.old, nil
	}
	return data, nil
}

// Edit replaces the content of the file by what change makes of it, and nothing if that is the same. It completes what
// a killed writer began. The caller holds a lock that excludes others who call Edit.
func (f *File) Edit(change func(old []byte) ([]byte, error)) error {
	if err := f.Recover(); err != nil {
		return err
	}
	old, err := f.Read()
	if err != nil {
		return err
	}
	data, err := change(old)
	if err != nil || f.Info != nil && bytes.Equal(old, data) && !f.Narrow {
		return err
	}
	return f.Replace(old, data)
}

// CheckWritable reports whether Replace can be expected to succeed, before anything is done that cannot be undone: the
// file is the user's to change, and either a file can be made beside it or it can be written in place.
func (f *File) CheckWritable() error {
	if err := f.checkOwn(); err != nil {
		return err
	}
	if f.Info == nil {
		return checkFolder(filepath.Dir(f.Target))
	}
	existing, err := securefile.Open(f.Target, os.O_WRONLY, 0)
	if err != nil {
		return cause(err)
	}
	if err := existing.Close(); err != nil {
		return err
	}
	if f.shared() {
		return nil
	}
	return cause(securefile.CheckReplaceable(f.Target))
}

// checkFolder tries the folder, or where it does not exist the one above it.
func checkFolder(path string) error {
	dir, err := securefile.AnyDir(path)
	if errors.Is(err, fs.ErrNotExist) && filepath.Dir(path) != path {
		return checkFolder(filepath.Dir(path))
	}
	if err != nil {
		return cause(err)
	}
	defer dir.Close()
	t, err := create(dir, "probe")
	if err != nil {
		return cause(err)
	}
	t.close()
	return nil
}

// ErrReadOnly is wrapped by the errors of CheckWritable and Replace for a file that its own user may not write.
var ErrReadOnly = errors.New("it is read-only")

// checkOwn refuses files that are not the user's to change, though replacing them may be possible.
func (f *File) checkOwn() error {
	if f.Info == nil {
		return nil
	}
	if f.shared() {
		return nil // whether it can be written, opening it says
	}
	if perm := f.Info.Mode().Perm(); perm&0o200 == 0 {
		return hint.Wrap(fmt.Errorf("%w (mode %04o)", ErrReadOnly, perm), "%s", hint.MakeWritable(f.Target))
	}
	return checkOwner(f.Info)
}

// shared reports whether the file is another user's, such as that of a team: where its mode allows that it is written
// in place, which leaves it theirs. Our secrets do not go there.
func (f *File) shared() bool { return f.Public && !f.Narrow && checkOwner(f.Info) != nil }

// Replace writes data in place of old, which the caller has read under its lock.
func (f *File) Replace(old, data []byte) error {
	if err := f.checkOwn(); err != nil {
		return err
	}
	_ = Sweep(f.Target) // what cannot be removed hinders nobody
	if f.Info == nil {
		if err := securefile.MakeFor(filepath.Dir(f.Target)); err != nil {
			return cause(err)
		}
	}
	// A program that does not take the lock, such as an editor, may have written meanwhile.
	if current, err := f.current(); err != nil {
		return err
	} else if !bytes.Equal(current, old) {
		return errors.New("another program changed it meanwhile, without taking its lock; try again")
	}
	err := f.replace(data)
	if f.Info != nil && errors.Is(err, errInPlace) {
		err = f.writeInPlace(old, data)
	}
	return cause(err)
}

func (f *File) current() ([]byte, error) {
	found, err := Find(f.Target)
	if err != nil {
		return nil, err
	}
	return found.Read()
}

// errInPlace is wrapped by the errors of replace that do not hinder writing in place.
var errInPlace = errors.New("no other file can take its place")

// replace puts a new file in the place of the old one.
func (f *File) replace(data []byte) error {
	if f.Info != nil {
		if n, err := links(f.Target, f.Info); err != nil {
			return err
		} else if n > 1 {
			return errInPlace // its other names would keep the old content
		}
		if f.shared() {
			return errInPlace // a new file would be ours
		}
	}
	dir, err := securefile.AnyDir(filepath.Dir(f.Target))
	if err != nil {
		return err
	}
	defer dir.Close()
	t, err := create(dir, filepath.Base(f.Target))
	if err != nil {
		return orInPlace(err, closedFolder)
	}
	defer t.close()
	if _, err := t.file.Write(data); err != nil {
		return err
	}
	if err := f.dress(t); err != nil {
		return err
	}
	if err := syncFile(t.file); err != nil {
		return err
	}
	return orInPlace(t.become(f.Target), fixedName)
}

// dress gives the temporary file all that the old one is beside its content. It starts with what gives nobody access.
func (f *File) dress(t *temp) error {
	w := widening(f.Public)
	if f.Info == nil {
		mode := f.Mode
		if mode == 0 {
			mode = 0o600
		}
		if err := securefile.GiveToOwnerOf(filepath.Dir(f.Target), t.file); err != nil {
			return err
		}
		return t.chmod(mode, w)
	}
	if err := keepOwner(t.file, f.Info); err != nil {
		return fmt.Errorf("%w: %w", errInPlace, err)
	}
	mode := f.Info.Mode().Perm()
	if f.Narrow {
		mode &= 0o700
	}
	if err := keepAttributes(f.Target, t.dir.Path(t.name), f.Narrow); err != nil {
		return fmt.Errorf("%w: %w", errInPlace, err)
	}
	if err := t.chmod(mode, w); err != nil {
		return err
	}
	// Where the mode cannot be set and is another, those to whom the old file gave access would lose it.
	if made, err := t.file.Stat(); err != nil {
		return err
	} else if !f.Narrow && made.Mode().Perm() != mode {
		return fmt.Errorf("%w: its mode cannot be kept", errInPlace)
	}
	return nil
}

// orInPlace marks an error after which the file can still be written in place.
func orInPlace(err error, match func(error) bool) error {
	if err != nil && match(err) {
		return fmt.Errorf("%w: %w", errInPlace, err)
	}
	return err
}
