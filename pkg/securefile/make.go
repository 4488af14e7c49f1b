package securefile

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
)

// MakeOwn makes a folder for our own files, and those above it that are missing, with mode 0700. Root, by sudo or with
// another user's $HOME, makes none in a folder of another user, who could not use it any more: ~/.cache, say. Neither
// is one that is another user's accepted, since what root made in it would be root's.
func MakeOwn(path string) error {
	above, missing, err := firstMissing(path)
	if err != nil {
		return err
	}
	if _, foreign := foreignOwner(above); foreign {
		return &Error{path, otherUser}
	}
	if missing == "" {
		return nil
	}
	return os.MkdirAll(path, 0o700)
}

// MakeFor makes a folder for a person's file, as MakeOwn does, but what root makes in another user's folder belongs to
// that user.
func MakeFor(path string) error {
	above, missing, err := firstMissing(path)
	if err != nil || missing == "" {
		return err
	}
	if err := os.MkdirAll(path, 0o700); err != nil {
		return err
	}
	owner, foreign := foreignOwner(above)
	for made := path; foreign; made = filepath.Dir(made) {
		if err := owner.give(made); err != nil {
			return err
		}
		if made == missing {
			break
		}
	}
	return nil
}

// firstMissing is the folder nearest to path that is there, and the one below it that is not, on the way to path; "" if
// none is missing.
func firstMissing(path string) (above, missing string, err error) {
	if path, err = filepath.Abs(path); err != nil {
		return "", "", err
	}
	for above = path; ; missing, above = above, filepath.Dir(above) {
		info, err := os.Stat(above)
		if err == nil && !info.IsDir() {
			return "", "", &Error{above, "it is not a folder"}
		}
		if err == nil {
			return above, missing, nil
		}
		if !errors.Is(err, fs.ErrNotExist) || above == filepath.Dir(above) {
			return "", "", err
		}
	}
}

// GiveToOwnerOf gives a new file that root made in another user's folder to that user.
func GiveToOwnerOf(folder string, file *os.File) error {
	owner, foreign := foreignOwner(folder)
	if !foreign {
		return nil
	}
	return owner.giveFile(file)
}
