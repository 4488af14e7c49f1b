package tokencache

import (
	"crypto/sha256"
	"encoding/binary"
	"os"
	"path/filepath"
	"time"

	"github.com/kubectl-edge/kubectl-edge/pkg/securefile"
)

const (
	// saidName is the file of what was said to clients: a table like that of leases.
	saidName = "said"
	// saidFor is how long the same is not said again to a client. It is not for good: who looks at the last lines of
	// a controller's log wants to find the reason there.
	saidFor = 5 * time.Minute
)

// Said records that text is said to the client, and reports whether it was a short while ago: kubectl with a
// cold discovery cache asks its helper five times, and prints all that each of them says. A store that cannot be
// written to remembers nothing.
func (s Store) Said(client Client, text string, now time.Time) bool {
	if s.Prepare() != nil {
		return false
	}
	f, err := securefile.OpenOwn(filepath.Join(s.dir, saidName), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return false
	}
	defer f.Close()
	var slot [leaseSize]byte
	if n, _ := f.ReadAt(slot[:], client.offset()); n == leaseSize {
		at := time.Unix(int64(binary.BigEndian.Uint64(slot[saidTimeAt:])), 0)
		if slot == saidSlot(client, text, at) && now.Sub(at) < saidFor && !now.Before(at.Add(-time.Second)) {
			return true
		}
	}
	slot = saidSlot(client, text, now)
	_, _ = f.WriteAt(slot[:], client.offset())
	return false
}

const saidTimeAt = len(Client{}) + 16

// saidSlot is the client, the start of the text's SHA-256, a time in Unix seconds, and the start of the SHA-256 of all
// that.
func saidSlot(client Client, text string, at time.Time) [leaseSize]byte {
	var slot [leaseSize]byte
	digest := sha256.Sum256([]byte(text))
	b := append(slot[:0], client[:]...)
	b = append(b, digest[:16]...)
	b = binary.BigEndian.AppendUint64(b, uint64(at.Unix()))
	sum := sha256.Sum256(b)
	copy(slot[len(b):], sum[:])
	return slot
}
