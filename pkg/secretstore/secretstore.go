// Package secretstore keeps long-lived secrets at rest: sealed files in one folder, under a key that lies in the
// operating system's keyring. The keyring holds only the key because it is too small for tokens (2560 bytes on Windows,
// about 3000 on macOS). Where there is no keyring the key lies in a file beside the secrets, which Location reports.
//
// In the folder, which is the user's own with mode 0700, there are
//
//	NAME.sealed  a secret; names the key that opens it
//	keys.json    which keys there are and where; holds none
//	ID.key       a key, where there is no keyring
//	lock         taken by any process that changes any of these
//
// Everything is replaced atomically, so that a crash at any point leaves the old secret or the new one.
package secretstore

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/kubectl-edge/kubectl-edge/pkg/atomicfile"
	"github.com/kubectl-edge/kubectl-edge/pkg/filelock"
	"github.com/kubectl-edge/kubectl-edge/pkg/hint"
	"github.com/kubectl-edge/kubectl-edge/pkg/securefile"
)

const (
	// keyringTimeout bounds what an unresponsive keyring costs, in all.
	keyringTimeout = time.Second
	// lockTimeout bounds the wait for another process that writes; nobody holds the lock for more than a few calls of
	// the keyring.
	lockTimeout = 10 * time.Second

	sealedSuffix = ".sealed"
	// maxSecret keeps a sealed file below what securefile.Read accepts.
	maxSecret = 512 << 10
)

// ErrLost and ErrUnreachable are what errors about the key of a secret are: it is gone for good, so that the secret
// cannot be recovered, or lies in a keyring that cannot be read now.
var (
	ErrLost        = errors.New("the key is lost")
	ErrUnreachable = errors.New("the key cannot be reached")
)

// otherVersion is an error about a file that another version wrote.
func otherVersion(format string, args ...any) error {
	return hint.Wrap(fmt.Errorf(format, args...), "upgrade kubectl-edge")
}

// keyError is an error with words of its own that is one of these two.
type keyError struct {
	error
	kind error
}

func (e keyError) Is(target error) bool { return target == e.kind }

func (e keyError) Unwrap() error { return e.error }

// ErrOtherPurpose is the error of Load for a secret that was sealed with other additional data than was given.
var ErrOtherPurpose = errors.New("sealed for another purpose")

// Options says where a Store keeps what.
type Options struct {
	Dir     string  // the folder of the sealed secrets; made when the first one is saved
	Service string  // the name of the entries in the keyring, such as "kubectl-edge"
	Keyring Keyring // nil is the operating system's
	// NewKey has Save make a key where the one in use cannot be reached. What that one sealed stays, for the day it can
	// be.
	NewKey bool
}

// Store is a folder of sealed secrets. It may be used by several goroutines, and the folder by several processes.
type Store struct {
	dir     string
	keyring *boundedKeyring
	newKey  bool

	mu   sync.Mutex
	keys map[string][]byte // opened in this process, by id
}

// Open returns the store in o.Dir. It neither reads nor writes anything yet.
func Open(o Options) *Store {
	if o.Keyring == nil {
		o.Keyring = osKeyring{}
	}
	return &Store{
		dir:     o.Dir,
		keyring: &boundedKeyring{keyring: o.Keyring, service: o.Service, timeout: keyringTimeout},
		keys:    map[string][]byte{},
		newKey:  o.NewKey,
	}
}

// Save seals plaintext under name in place of what was there. Load needs the same additional data, which binds the
// secret to its purpose; it is not kept.
func (s *Store) Save(name string, plaintext, additionalData []byte) error {
	if len(plaintext) > maxSecret {
		return fmt.Errorf("save secret %q: larger than %d KiB", name, maxSecret>>10)
	}
	err := s.locked(func() error {
		ring, err := s.loadRing()
		if err != nil {
			return err
		}
		id, key, err := s.currentKey(&ring)
		if err != nil {
			return err
		}
		return s.write(name, seal(id, key, name, plaintext, purposeOf(additionalData)))
	}, name)
	if err != nil {
		return fmt.Errorf("save secret %q: %w", name, err)
	}
	return nil
}

// Reservation is the place of a secret that does not exist yet: its folder, its key and its space on the disk are
// there.
type Reservation struct {
	store *Store
	name  string
	file  *atomicfile.Reservation
	made  string // id of the key that was made for it, or ""
}

// Reserve makes the place for a secret of up to size bytes under name, so that what is shown once can be asked for: a
// full disk and a folder that cannot be written to are found out here. What is there under
// that name stays until Save. The caller calls Release in any case.
func (s *Store) Reserve(name string, size int) (*Reservation, error) {
	r := &Reservation{store: s, name: name}
	err := s.locked(func() error {
		ring, err := s.loadRing()
		if err != nil {
			return err
		}
		before := len(ring.Keys)
		id, key, err := s.currentKey(&ring)
		if err != nil {
			return err
		}
		if len(ring.Keys) > before {
			r.made = id
		}
		sealedSize := len(seal(id, key, name, make([]byte, size), purposeOf(nil)).marshal())
		r.file, err = atomicfile.Reserve(s.path(name), sealedSize, 0o600)
		return err
	}, name)
	if err != nil {
		r.dropKey()
		return nil, fmt.Errorf("make the place for secret %q: %w", name, err)
	}
	return r, nil
}

// CheckSpace tries whether there is a place for a secret of up to size bytes, without a look at the keys.
func (s *Store) CheckSpace(size int) error {
	sealedSize := len(seal(newID(), make([]byte, keySize), "", make([]byte, size), purposeOf(nil)).marshal())
	place, err := atomicfile.Reserve(s.path("probe"), sealedSize, 0o600)
	if err != nil {
		return err
	}
	place.Abort()
	return nil
}

// Save is Store.Save into the place.
func (r *Reservation) Save(plaintext, additionalData []byte) error {
	err := r.store.locked(func() error {
		ring, err := r.store.loadRing()
		if err != nil {
			return err
		}
		id, key, err := r.store.currentKey(&ring) // another one if the key was rotated meanwhile
		if err != nil {
			return err
		}
		return r.file.Commit(seal(id, key, r.name, plaintext, purposeOf(additionalData)).marshal())
	}, r.name)
	if err != nil {
		return fmt.Errorf("save secret %q: %w", r.name, err)
	}
	return nil
}

// Release gives up the place if nothing was saved in it, as far as that is possible.
func (r *Reservation) Release() {
	r.file.Abort()
	r.dropKey()
}

// dropKey removes the key that was made for the place if nothing is sealed with it. Who reserved a place meanwhile
// makes another one.
func (r *Reservation) dropKey() {
	if r.made == "" {
		return
	}
	s := r.store
	_ = s.locked(func() error {
		ring, err := s.loadRing()
		if err != nil || len(ring.Keys) != 1 || ring.Keys[0].ID != r.made || s.inUse(r.made) {
			return err
		}
		if ring.Keys[0].In == InKeyring {
			_ = s.keyring.delete(r.made)
		}
		if err := os.Remove(s.ringPath()); err != nil {
			return err
		}
		return s.sweep(keyRing{})
	})
}

// Load opens the secret of this name. The error is fs.ErrNotExist when there is none, and ErrOtherPurpose when it was
// sealed with other additional data.
func (s *Store) Load(name string, additionalData []byte) ([]byte, error) {
	plaintext, err := s.load(name, purposeOf(additionalData))
	if err != nil {
		return nil, fmt.Errorf("open secret %q: %w", name, err)
	}
	return plaintext, nil
}

func (s *Store) load(name string, purpose []byte) ([]byte, error) {
	if err := checkName(name); err != nil {
		return nil, err
	}
	if err := securefile.CheckDir(s.dir); err != nil {
		return nil, err
	}
	box, err := s.read(name)
	if err != nil {
		return nil, err
	}
	key, err := s.key(box.KeyID)
	if err != nil {
		// A rotation that ended in between has sealed the secret again and dropped the key.
		again, errAgain := s.read(name)
		if errAgain != nil || again.KeyID == box.KeyID {
			return nil, err
		}
		box = again
		if key, err = s.key(box.KeyID); err != nil {
			return nil, err
		}
	}
	return box.open(key, name, purpose)
}

// Delete removes the secret of this name; it is no error when there is none. It needs no key.
func (s *Store) Delete(name string) error { return s.DeleteOlder(name, 0) }

// DeleteOlder is Delete for a secret that was stored at least that long ago; a younger one stays.
func (s *Store) DeleteOlder(name string, age time.Duration) error {
	if _, err := os.Lstat(s.dir); errors.Is(err, fs.ErrNotExist) {
		return checkName(name)
	}
	err := s.locked(func() error {
		if info, err := os.Lstat(s.path(name)); err == nil && time.Since(info.ModTime()) < age {
			return nil
		}
		if err := os.Remove(s.path(name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		return nil
	}, name)
	if err != nil {
		return fmt.Errorf("delete secret %q: %w", name, err)
	}
	return nil
}

// Names returns the names of the secrets, sorted.
func (s *Store) Names() ([]string, error) {
	entries, err := os.ReadDir(s.dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("list secrets: %w", err)
	}
	var names []string
	for _, e := range entries {
		if name, ok := strings.CutSuffix(e.Name(), sealedSuffix); ok && checkName(name) == nil {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names, nil
}

// locked runs change alone among all processes, with the folder made and found to be the user's own, and without what
// others left behind in it that were killed.
func (s *Store) locked(change func() error, names ...string) error {
	for _, name := range names {
		if err := checkName(name); err != nil {
			return err
		}
	}
	if err := securefile.MakeDir(s.dir); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), lockTimeout)
	defer cancel()
	unlock, err := filelock.Lock(ctx, filepath.Join(s.dir, "lock"))
	if err != nil {
		return err
	}
	defer unlock()
	_ = atomicfile.SweepDir(s.dir) // after writers that were killed, as far as that is possible
	return change()
}

func (s *Store) path(name string) string { return filepath.Join(s.dir, name+sealedSuffix) }

func (s *Store) read(name string) (sealed, error) {
	data, err := securefile.ReadOwn(s.path(name), securefile.Private)
	if err != nil {
		return sealed{}, err
	}
	box, err := parseSealed(data)
	if err != nil {
		return sealed{}, fmt.Errorf("%s: %w", s.path(name), err)
	}
	return box, nil
}

func (s *Store) write(name string, box sealed) error {
	return atomicfile.WriteOwn(s.path(name), box.marshal())
}

// checkName keeps names to what is one file on every system, also where case does not count.
func checkName(name string) error {
	ok := len(name) > 0 && len(name) <= 128 && name[0] != '.' && name[0] != '-'
	for _, r := range name {
		ok = ok && (r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r == '-' || r == '_' || r == '.')
	}
	if !ok {
		return fmt.Errorf("name of a secret %.80q: want up to 128 of a-z, 0-9, dash, underscore and dot", name)
	}
	return nil
}
