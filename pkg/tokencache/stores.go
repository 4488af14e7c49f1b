package tokencache

import (
	"errors"
	"path/filepath"

	"github.com/kubectl-edge/kubectl-edge/pkg/dirs"
)

// Stores are several folders of tokens.
type Stores []Store

// All returns every store below d that may hold tokens, whether or not tokens are cached now: those of a time with another
// environment or setting lie there until somebody removes them.
func All(d dirs.Dirs) Stores {
	stores := Stores{{dir: filepath.Join(d.Cache, "tokens")}}
	if d.Runtime != "" {
		stores = append(stores, Store{dir: filepath.Join(d.Runtime, "tokens")})
	}
	return stores
}

// List returns the readable tokens of all stores, also where one of them cannot be listed.
func (stores Stores) List() ([]File, error) {
	var files []File
	var errs []error
	for _, s := range stores {
		of, err := s.List()
		files, errs = append(files, of...), append(errs, err)
	}
	return files, errors.Join(errs...)
}

// Clean removes the tokens that match from all stores, with all that is remembered of them, and returns how many there were.
func (stores Stores) Clean(match func(File) bool) (int, error) {
	total := 0
	var errs []error
	for _, s := range stores {
		n, err := s.Clean(match)
		total, errs = total+n, append(errs, err)
	}
	return total, errors.Join(errs...)
}
