package tokencache

import (
	"os"
	"time"

	"github.com/kubectl-edge/kubectl-edge/pkg/securefile"
)

// RefreshTimeout bounds a refresh ahead of expiry; a mark older than this was left by one that died.
const RefreshTimeout = time.Minute

// StartRefresh reports whether the caller is the one to fetch the next token for k, which is due: nobody else is at it,
// and no failure asks for patience. It takes no lock; in the worst case two start, and the lock of the mint makes one
// of them idle.
func (s Store) StartRefresh(k Key, now time.Time, due func(Entry, time.Time) bool) bool {
	if s.dir == "" {
		return false
	}
	if f, ok := s.Failure(k, now); ok && now.Before(f.RetryAt) {
		return false
	}
	path := s.path(k, refreshSuffix)
	if info, err := os.Lstat(path); err == nil && time.Since(info.ModTime()) > RefreshTimeout {
		_ = os.Remove(path)
	}
	f, err := securefile.OpenOwn(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return false
	}
	_ = f.Close()
	// Somebody else may have done it, and taken back the mark, since the caller has read the token.
	if e, err := s.Load(k); err == nil && !due(e, now) {
		s.EndRefresh(k)
		return false
	}
	return true
}

// EndRefresh takes back the mark of StartRefresh.
func (s Store) EndRefresh(k Key) {
	if s.dir != "" {
		_ = os.Remove(s.path(k, refreshSuffix))
	}
}
