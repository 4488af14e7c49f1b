package tokencache

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"time"

	"github.com/kubectl-edge/kubectl-edge/pkg/securefile"
)

// A client that was refused by a server asks its helper again without saying why (client-go does so after a 401). Which
// client holds which token until when is therefore recorded as its lease: the same client asking again well before that
// time has been refused. The record is a small table of fixed size per token, one slot a client, so that it neither
// grows nor needs a lock; two clients in one slot overwrite each other, at the worst hiding one refusal once.

// Client identifies a process that asks for tokens, with what it said of itself.
type Client [16]byte

// CurrentClient identifies the parent of this process, which said info in KUBERNETES_EXEC_INFO. A parent with several
// contexts says something else for each if they differ in what the helper could depend on.
func CurrentClient(info string) Client {
	parent := os.Getppid()
	said := make([]byte, 0, 256)
	said = strconv.AppendInt(said, int64(parent), 10)
	said = append(said, 0)
	said = append(said, startTime(parent)...)
	said = append(said, 0)
	said = append(said, info...)
	sum := sha256.Sum256(said)
	return Client(sum[:16])
}

func (c Client) String() string { return hex.EncodeToString(c[:]) }

// ParseClient reads what Client.String wrote.
func ParseClient(s string) (Client, error) {
	var c Client
	if len(s) != hex.EncodedLen(len(c)) {
		return Client{}, fmt.Errorf("client %.40q: want %d hexadecimal digits", s, hex.EncodedLen(len(c)))
	}
	_, err := hex.Decode(c[:], []byte(s))
	return c, err
}

const (
	leaseSlots = 256
	leaseSize  = 64 // a power of two: no slot crosses a page
	// earlyBy is how long before its lease ends a client has to ask for it to count as refused: timestamps have whole
	// seconds.
	earlyBy = 2 * time.Second
)

// Lease records that client holds e until the given time, and reports whether it held the same token already, for
// longer than until now: then a server may have refused the token, and nothing is recorded. A record that cannot be
// read or written refuses nothing.
func (s Store) Lease(k Key, client Client, e Entry, until, now time.Time) (again bool) {
	dir, err := s.open()
	if err != nil {
		return false
	}
	defer dir.Close()
	return record(dir, k, client, e, until, now)
}

// record is Lease in an open folder.
func record(dir *securefile.Dir, k Key, client Client, e Entry, until, now time.Time) (again bool) {
	f, err := openLeases(dir, k)
	if err != nil {
		return false
	}
	defer f.Close()
	l := lease{client: client, until: until}
	if old, ok := readLease(f, client, e); ok {
		if now.Before(old.quiet) {
			return false // the rest of the lease stands
		}
		if now.Add(earlyBy).Before(old.until) {
			return true
		}
	}
	l.write(f, e)
	return false
}

// Keep records that client holds e until the given time although it asked again: that was no refusal. For a while it is
// not suspected of one.
func (s Store) Keep(k Key, client Client, e Entry, until, now time.Time) {
	dir, err := s.open()
	if err != nil {
		return
	}
	defer dir.Close()
	f, err := openLeases(dir, k)
	if err != nil {
		return
	}
	defer f.Close()
	lease{client, until, now.Add(replaceEvery)}.write(f, e)
}

func openLeases(dir *securefile.Dir, k Key) (*os.File, error) {
	return dir.Open(k.String()+leaseSuffix, os.O_RDWR|os.O_CREATE, 0o600)
}

// lease is that a client holds a token.
type lease struct {
	client Client
	until  time.Time
	quiet  time.Time // until when asking again is no sign of a refusal
}

// slot is the client, the token's tag, two times in Unix seconds, and the start of the SHA-256 of all that.
func (l lease) slot(e Entry) [leaseSize]byte {
	var slot [leaseSize]byte
	b := append(slot[:0], l.client[:]...)
	b = append(b, e.Tag()...)
	b = binary.BigEndian.AppendUint64(b, uint64(l.until.Unix()))
	b = binary.BigEndian.AppendUint64(b, uint64(l.quiet.Unix()))
	sum := sha256.Sum256(b)
	copy(slot[len(b):], sum[:])
	return slot
}

func (l lease) write(f *os.File, e Entry) {
	slot := l.slot(e)
	_, _ = f.WriteAt(slot[:], l.client.offset())
}

func readLease(f *os.File, client Client, e Entry) (lease, bool) {
	var slot [leaseSize]byte
	if n, _ := f.ReadAt(slot[:], client.offset()); n != leaseSize {
		return lease{}, false
	}
	const timesAt = len(client) + 16
	second := func(at int) time.Time {
		return time.Unix(int64(binary.BigEndian.Uint64(slot[at:at+8])), 0)
	}
	l := lease{client, second(timesAt), second(timesAt + 8)}
	return l, slot == l.slot(e)
}

func (c Client) offset() int64 { return int64(c[0]) * leaseSize }

// KeepUntil is the expiry to tell a client at now, always in the future for a usable entry. A client asks again after
// it: in a token's prime that is when the token begins to age, so that one that runs for long never waits for a mint;
// later it is a part of what is left, so that it soon gets the next token. It is spread a little, so that many do not
// ask at once.
func (e Entry) KeepUntil(now time.Time) time.Time {
	if !e.Ageing(now) {
		return spread(now, e.ageingFrom())
	}
	end := e.Expires.Add(-e.Margin())
	return spread(now, now.Add(max(end.Sub(now)/4, min(10*time.Second, end.Sub(now)))))
}

// spread moves t towards now by up to a twentieth of the way.
func spread(now, t time.Time) time.Time {
	way := t.Sub(now)
	if way <= 0 {
		return t
	}
	return t.Add(-time.Duration(rand.Int64N(int64(way)/20 + 1)))
}
