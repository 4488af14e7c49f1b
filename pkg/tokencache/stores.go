package tokencache

import (
	"cmp"
	"os"
	"path/filepath"
	"runtime"
	"strconv"

	"github.com/kubectl-edge/kubectl-edge/pkg/dirs"
)

// Stores are several folders of tokens.
type Stores []Store

// All returns every store below d that may hold tokens, whether or not tokens are cached now: those of a time with
// another environment or setting lie there until somebody removes them.
func All(d dirs.Dirs) Stores {
	stores := Stores{{dir: filepath.Join(d.Cache, "tokens")}}
	if runtime := cmp.Or(d.Runtime, usualRuntime(d)); runtime != "" {
		stores = append(stores, Store{dir: filepath.Join(runtime, "tokens")})
	}
	return stores
}

// usualRuntime is where the runtime folder of d is in a session that systemd set up (pam_systemd(8)). One of su, sudo
// or cron has no variable for it, and may be the one in which a person logs out.
func usualRuntime(d dirs.Dirs) string {
	if runtime.GOOS != "linux" {
		return ""
	}
	path := filepath.Join("/run/user", strconv.Itoa(os.Getuid()), filepath.Base(d.Cache))
	if _, err := os.Lstat(path); err != nil {
		return ""
	}
	return path
}

// List returns the readable tokens of all stores, also where one of them cannot be listed.
func (stores Stores) List() ([]File, error) {
	var files []File
	var errs []error
	for _, s := range stores {
		of, err := s.List()
		files, errs = append(files, of...), append(errs, err)
	}
	return files, oneLine(errs)
}

// Clean is Store.Clean for all stores.
func (stores Stores) Clean(match func(File) bool) (int, error) {
	total := 0
	var errs []error
	for _, s := range stores {
		n, err := s.Clean(match)
		total, errs = total+n, append(errs, err)
	}
	return total, oneLine(errs)
}
