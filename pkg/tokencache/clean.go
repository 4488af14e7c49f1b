package tokencache

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/kubectl-edge/kubectl-edge/pkg/atomicfile"
	"github.com/kubectl-edge/kubectl-edge/pkg/securefile"
)

// memories are the suffixes of what is remembered of a token.
var memories = [...]string{failureSuffix, leaseSuffix, refreshSuffix, serverSuffix}

// Clean removes the tokens that match, with all that is remembered of them, and returns how many there were. Whatever
// match says, it removes those that cannot be read: damaged, open to others, or in a folder that is. Nobody knows whose
// they are, and they are the first that must not lie around. So must what killed writers left.
func (s Store) Clean(match func(File) bool) (int, error) {
	if s.dir == "" {
		return 0, nil
	}
	names, err := s.names()
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("look for cached tokens: %w", err)
	}
	dir, err := securefile.AnyDir(s.dir)
	if err != nil {
		return 0, fmt.Errorf("look for cached tokens: %w", err)
	}
	defer dir.Close()
	n := 0
	errs := []error{atomicfile.SweepDir(s.dir)}
	for _, name := range names {
		k, ok := tokenKey(name)
		if !ok {
			continue
		}
		if e, err := s.Load(k); err == nil && !match(File{k, dir.Path(name), e}) {
			continue
		}
		if err := remove(dir, name); err != nil {
			errs = append(errs, err)
			continue
		}
		n++
		errs = append(errs, forget(dir, k))
	}
	errs = append(errs, s.forgetOrphans(dir, names))
	if err := oneLine(errs); err != nil {
		return n, fmt.Errorf("remove cached tokens: %w", err)
	}
	return n, nil
}

// Remove removes the token named by k, if there is one, with all that is remembered of it.
func (s Store) Remove(k Key) error {
	dir, err := s.open()
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, ErrDisabled) {
		return nil
	}
	if err == nil {
		defer dir.Close()
		err = remove(dir, k.String()+tokenSuffix)
	}
	if err == nil {
		err = forget(dir, k)
	}
	if err != nil {
		return fmt.Errorf("remove a cached token: %w", err)
	}
	return nil
}

// forget removes what is remembered of a token, which goes first: all this is no secret.
func forget(dir *securefile.Dir, k Key) error {
	var errs []error
	for _, suffix := range memories {
		errs = append(errs, remove(dir, k.String()+suffix))
	}
	return oneLine(errs)
}

// orphanAge is how long a failure, or a refresh that was begun, is remembered where there is no token: it may be of the
// first one, which is still to be minted. Neither is of any use by then.
const orphanAge = time.Hour

// forgetOrphans removes what is remembered of tokens that are gone: who removed one may have been killed, or have
// failed, before it could forget it.
func (s Store) forgetOrphans(dir *securefile.Dir, names []string) error {
	var errs []error
	for _, name := range names {
		stem, suffix, _ := strings.Cut(name, ".")
		suffix = "." + suffix
		k, ok := parseKey(stem)
		if !ok || !slices.Contains(memories[:], suffix) {
			continue
		}
		if _, err := os.Lstat(s.path(k, tokenSuffix)); !errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if suffix == failureSuffix || suffix == refreshSuffix {
			if info, err := os.Lstat(dir.Path(name)); err != nil || time.Since(info.ModTime()) < orphanAge {
				continue
			}
		}
		errs = append(errs, remove(dir, name))
	}
	return oneLine(errs)
}

// names lists the folder, which may be one that others can read, since that is where tokens must be removed, but not
// what a link leads to.
func (s Store) names() ([]string, error) {
	info, err := os.Lstat(s.dir)
	if err != nil {
		return nil, err
	}
	if info.Mode()&fs.ModeSymlink != 0 {
		return nil, &securefile.Error{Path: s.dir, Reason: "it is a symbolic link"}
	}
	entries, err := os.ReadDir(s.dir)
	names := make([]string, 0, len(entries))
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names, err
}

// tokenKey is the key of the token in the file of that name, if it is a token's.
func tokenKey(name string) (Key, bool) {
	stem, ok := strings.CutSuffix(name, tokenSuffix)
	if !ok {
		return Key{}, false
	}
	return parseKey(stem)
}

func remove(dir *securefile.Dir, name string) error {
	if err := dir.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// oneLine joins errors, since an error is one line.
func oneLine(errs []error) error {
	err := errors.Join(errs...)
	if err == nil {
		return nil
	}
	return joined{err}
}

// joined is an error of several in one line.
type joined struct{ error }

func (j joined) Error() string { return strings.ReplaceAll(j.error.Error(), "\n", "; ") }
func (j joined) Unwrap() error { return j.error }
