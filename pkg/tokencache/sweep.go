package tokencache

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/kubectl-edge/kubectl-edge/pkg/securefile"
)

// sweepEvery is how often Sweep looks through the folder; what it removes has been useless for at least sweepAge.
const (
	sweepEvery = time.Hour
	sweepAge   = 10 * time.Minute
)

// Sweep removes expired tokens, what is remembered of them, and temporary files that a crash left behind, from each
// store where that was not done within the last hour. Nothing depends on it; failures are passed over.
func (stores Stores) Sweep(now time.Time) {
	for _, s := range stores {
		s.sweep(now)
	}
}

func (s Store) sweep(now time.Time) {
	mark := filepath.Join(s.dir, "swept")
	if info, err := os.Lstat(mark); err == nil && now.Sub(info.ModTime()) < sweepEvery {
		return
	}
	f, err := securefile.OpenOwn(mark, os.O_WRONLY|os.O_CREATE, 0o600)
	if err != nil {
		return
	}
	_ = f.Close()
	if os.Chtimes(mark, now, now) != nil {
		return
	}
	_, _ = s.Clean(func(f File) bool { return now.Sub(f.Entry.Expires) > sweepAge })
	names, _ := os.ReadDir(s.dir)
	for _, n := range names {
		if info, err := n.Info(); err == nil && now.Sub(info.ModTime()) > sweepAge && s.orphan(n) {
			_ = securefile.RemoveOwn(filepath.Join(s.dir, n.Name()))
		}
	}
}

// orphan reports whether the file is the memory of a token that is no longer there.
func (s Store) orphan(n fs.DirEntry) bool {
	for _, suffix := range memories {
		if stem, ok := strings.CutSuffix(n.Name(), suffix); ok {
			_, err := os.Lstat(filepath.Join(s.dir, stem+tokenSuffix))
			return os.IsNotExist(err)
		}
	}
	return false
}
