package tokencache

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/kubectl-edge/kubectl-edge/pkg/atomicfile"
	"github.com/kubectl-edge/kubectl-edge/pkg/securefile"
)

// sweepEvery is how often Sweep looks through the folder; what it removes has been useless for at least sweepAge.
const (
	sweepEvery = time.Hour
	sweepAge   = 10 * time.Minute
)

// Sweep removes expired tokens, what is remembered of them, and temporary files that a crash left behind, if that was not
// done within the last hour. Nothing depends on it; failures are passed over.
func (s Store) Sweep(now time.Time) {
	if s.dir == "" {
		return
	}
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
	_ = atomicfile.SweepDir(s.dir)
	_, _ = s.Clean(func(f File) bool { return now.Sub(f.Entry.Expires) > sweepAge })
	names, _ := os.ReadDir(s.dir)
	for _, n := range names {
		if info, err := n.Info(); err == nil && now.Sub(info.ModTime()) > sweepAge && s.orphan(n) {
			_ = os.Remove(filepath.Join(s.dir, n.Name()))
		}
	}
}

// orphan reports whether nothing needs the file: a token's that cannot be read, or a memory of a token that
// is no longer there.
func (s Store) orphan(n fs.DirEntry) bool {
	name := n.Name()
	if k, ok := parseKey(strings.TrimSuffix(name, tokenSuffix)); ok && strings.HasSuffix(name, tokenSuffix) {
		_, err := s.Load(k)
		return err != nil
	}
	for _, suffix := range []string{failureSuffix, leaseSuffix, refreshSuffix} {
		if stem, ok := strings.CutSuffix(name, suffix); ok {
			_, err := os.Lstat(filepath.Join(s.dir, stem+tokenSuffix))
			return os.IsNotExist(err)
		}
	}
	return false
}

// Clean removes the tokens that match, with all that is remembered of them, and returns how many there were.
func (s Store) Clean(match func(File) bool) (int, error) {
	files, err := s.List()
	if err != nil {
		return 0, err
	}
	n := 0
	for _, f := range files {
		if !match(f) {
			continue
		}
		if err := s.Delete(f.Key); err != nil {
			return n, err
		}
		n++
	}
	return n, nil
}
