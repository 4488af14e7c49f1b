package secretstore

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/zalando/go-keyring"

	"github.com/kubectl-edge/kubectl-edge/pkg/atomicfile"
	"github.com/kubectl-edge/kubectl-edge/pkg/hint"
	"github.com/kubectl-edge/kubectl-edge/pkg/securefile"
)

// Places of a key.
const (
	InKeyring = "keyring"
	InFile    = "file"
)

const (
	keySize   = 32 // AES-256
	keySuffix = ".key"
)

// Location says where the key of new secrets lies.
type Location struct {
	KeyIn  string `json:"keyIn,omitempty"`  // InKeyring, InFile, or "" as long as there is no key
	Path   string `json:"path"`             // of the key's file, or of the folder of the sealed secrets
	Reason string `json:"reason,omitempty"` // why the key is not in the keyring
}

// NewlyInFile reports whether a person is to be warned that the key lies in a file, as it did not before: once for a
// folder, and not where the keyring was switched off on purpose, as in each sandbox.
func (l Location) NewlyInFile(before Location) bool {
	return l.KeyIn == InFile && before.KeyIn != InFile && l.Reason != switchedOff
}

// keyRing is keys.json: the keys there are, the one for new secrets first.
type keyRing struct {
	Version int        `json:"version"`
	Keys    []keyEntry `json:"keys"`
}

type keyEntry struct {
	ID      string    `json:"id"`
	In      string    `json:"in"`
	Reason  string    `json:"reason,omitempty"`
	Created time.Time `json:"created"`
}

// Location reports where the key lies without asking the keyring.
func (s *Store) Location() (Location, error) {
	ring, err := s.loadRing()
	if err != nil {
		return Location{}, err
	}
	if len(ring.Keys) == 0 {
		return Location{Path: s.dir}, nil
	}
	current := ring.Keys[0]
	path := s.dir
	if current.In == InFile {
		path = s.keyPath(current.ID)
	}
	return Location{KeyIn: current.In, Path: path, Reason: plainReason(current.Reason)}, nil
}

// CheckKey reports whether the key of new secrets can be read now; before there is one, it can.
func (s *Store) CheckKey() error {
	ring, err := s.loadRing()
	if err != nil || len(ring.Keys) == 0 {
		return err
	}
	_, err = s.keyOf(ring.Keys[0])
	return err
}

// RotateKey makes a new key, in the keyring if there is one now, and seals every secret again with it. While it runs,
// and after a crash, both keys are there and every secret can be read; running it again completes it.
func (s *Store) RotateKey() error {
	err := s.locked(func() error {
		ring, err := s.loadRing()
		if err != nil {
			return err
		}
		for _, old := range ring.Keys { // before anything is changed
			if _, err := s.keyOf(old); err != nil && s.inUse(old.ID) {
				return err
			}
		}
		id, key, err := s.addKey(&ring)
		if err != nil {
			return err
		}
		names, err := s.Names()
		if err != nil {
			return err
		}
		for _, name := range names {
			if err := s.reseal(name, id, key); err != nil {
				return fmt.Errorf("secret %q: %w", name, err)
			}
		}
		return s.dropOldKeys(ring)
	})
	if err != nil {
		return fmt.Errorf("rotate key: %w", err)
	}
	return nil
}

func (s *Store) reseal(name, id string, key []byte) error {
	box, err := s.read(name)
	if err != nil {
		return err
	}
	old, err := s.key(box.KeyID)
	if err != nil {
		return err
	}
	plaintext, err := box.open(old, name, box.Purpose)
	if err != nil {
		return err
	}
	return s.write(name, seal(id, key, name, plaintext, box.Purpose))
}

// dropOldKeys forgets all but the first key, then deletes them: what a crash or a keyring that refuses leaves over
// opens nothing any more.
func (s *Store) dropOldKeys(ring keyRing) error {
	old := ring.Keys[1:]
	ring.Keys = ring.Keys[:1]
	if err := s.saveRing(ring); err != nil {
		return err
	}
	for _, e := range old {
		if e.In == InKeyring {
			_ = s.keyring.delete(e.ID)
		}
	}
	return s.sweep(ring)
}

// currentKey returns the key for new secrets and makes one where there is none. One that is lost gets a successor: who
// logs in again because of that must get on. One that cannot be reached gets it only if no secret depends on it, or if
// Options.NewKey says so: a keyring that is locked for a moment is no reason to have all secrets, from then on, under a
// key in a file.
func (s *Store) currentKey(ring *keyRing) (id string, key []byte, err error) {
	if len(ring.Keys) == 0 {
		return s.addKey(ring)
	}
	current := ring.Keys[0]
	if key, err = s.keyOf(current); err == nil {
		return current.ID, key, nil
	}
	if !errors.Is(err, ErrLost) && !s.newKey && s.inUse(current.ID) {
		return "", nil, err
	}
	return s.addKey(ring)
}

// inUse also holds when that cannot be found out.
func (s *Store) inUse(id string) bool {
	names, err := s.Names()
	return err != nil || slices.ContainsFunc(names, func(name string) bool {
		box, err := s.read(name)
		return err != nil || box.KeyID == id
	})
}

// addKey makes a key, puts it into the keyring or else into a file, and makes it the first of ring. What an earlier
// call left that was interrupted in between, it removes.
func (s *Store) addKey(ring *keyRing) (id string, key []byte, err error) {
	_ = s.sweep(*ring) // what cannot be removed hinders nobody
	key = make([]byte, keySize)
	rand.Read(key)
	e := keyEntry{ID: newID(), In: InKeyring, Created: time.Now().UTC().Truncate(time.Second)}
	if err := s.putInKeyring(e.ID, key); err != nil {
		e.In, e.Reason = InFile, err.Error()
		if err := s.putInFile(e.ID, key); err != nil {
			return "", nil, err
		}
	}
	ring.Keys = slices.Insert(ring.Keys, 0, e)
	if err := s.saveRing(*ring); err != nil {
		return "", nil, err
	}
	s.remember(e.ID, key)
	return e.ID, key, nil
}

// putInKeyring reads back what it put: the Secret Service library takes a prompt that a person dismissed for success.
func (s *Store) putInKeyring(id string, key []byte) error {
	text := base64.StdEncoding.EncodeToString(key)
	if err := s.keyring.set(id, text); err != nil {
		return err
	}
	back, err := s.keyring.get(id)
	if err != nil {
		return fmt.Errorf("read back from the keyring: %w", err)
	}
	if back != text {
		return errors.New("the keyring returned something else than was stored")
	}
	return nil
}

func (s *Store) putInFile(id string, key []byte) (err error) {
	f, err := securefile.OpenOwn(s.keyPath(id), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	defer func() {
		if errClose := f.Close(); err == nil {
			err = errClose
		}
	}()
	if _, err := f.WriteString(base64.StdEncoding.EncodeToString(key) + "\n"); err != nil {
		return err
	}
	return f.Sync()
}

// key returns the key of this id.
func (s *Store) key(id string) ([]byte, error) {
	ring, err := s.loadRing()
	if err != nil {
		return nil, err
	}
	for _, e := range ring.Keys {
		if e.ID == id {
			return s.keyOf(e)
		}
	}
	return nil, keyError{fmt.Errorf("its key %.20q is not among those of %s", id, s.ringPath()), ErrLost}
}

func (s *Store) keyOf(e keyEntry) ([]byte, error) {
	s.mu.Lock()
	key, ok := s.keys[e.ID]
	s.mu.Unlock()
	if ok {
		return key, nil
	}
	var text string
	var err error
	switch e.In {
	case InKeyring:
		text, err = s.keyring.get(e.ID)
		if errors.Is(err, keyring.ErrNotFound) {
			return nil, keyError{errors.New("its key is no longer in the system's keyring"), ErrLost}
		}
		if err != nil {
			return nil, keyError{hint.Wrap(
				fmt.Errorf("its key is in the system's keyring, which cannot be read: %w", err),
				"unlock the keyring, or run this where it can be reached"), ErrUnreachable}
		}
	case InFile:
		var data []byte
		data, err = securefile.ReadOwn(s.keyPath(e.ID), securefile.Private)
		if errors.Is(err, fs.ErrNotExist) {
			return nil, keyError{fmt.Errorf("its key is gone: %w", err), ErrLost}
		}
		if err != nil {
			return nil, err
		}
		text = strings.TrimSpace(string(data))
	default:
		return nil, fmt.Errorf("%s: unknown place of a key %.20q", s.ringPath(), e.In)
	}
	key, err = base64.StdEncoding.DecodeString(text)
	if err != nil || len(key) != keySize {
		return nil, keyError{fmt.Errorf("its key in the %s is damaged", e.In), ErrLost}
	}
	s.remember(e.ID, key)
	return key, nil
}

func (s *Store) remember(id string, key []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.keys[id] = key
}

// sweep removes the key files that ring does not name.
func (s *Store) sweep(ring keyRing) error {
	entries, err := os.ReadDir(s.dir)
	if err != nil {
		return err
	}
	for _, entry := range entries {
		id, isKey := strings.CutSuffix(entry.Name(), keySuffix)
		known := slices.ContainsFunc(ring.Keys, func(e keyEntry) bool { return e.ID == id })
		if isKey && !known {
			if err := os.Remove(filepath.Join(s.dir, entry.Name())); err != nil {
				return err
			}
		}
	}
	return nil
}

func (s *Store) ringPath() string         { return filepath.Join(s.dir, "keys.json") }
func (s *Store) keyPath(id string) string { return filepath.Join(s.dir, id+keySuffix) }

func (s *Store) loadRing() (keyRing, error) {
	data, err := securefile.ReadOwn(s.ringPath(), securefile.Private)
	if errors.Is(err, fs.ErrNotExist) {
		return s.rebuildRing()
	}
	if err != nil {
		return keyRing{}, err
	}
	var ring keyRing
	if json.Unmarshal(data, &ring) != nil {
		return s.rebuildRing()
	}
	if ring.Version != formatVersion {
		return keyRing{}, otherVersion("%s: format version %d, this program knows %d", s.ringPath(), ring.Version,
			formatVersion)
	}
	for _, e := range ring.Keys {
		if !isID(e.ID) {
			return keyRing{}, fmt.Errorf("%s: malformed id of a key", s.ringPath())
		}
	}
	return ring, nil
}

// rebuildRing is keys.json as the sealed files and the key files say it. What is lost or damaged would otherwise keep
// every command from saving a secret, with no command that mends it.
func (s *Store) rebuildRing() (keyRing, error) {
	names, err := s.Names()
	if err != nil {
		return keyRing{}, err
	}
	var ring keyRing
	for _, name := range names {
		box, err := s.read(name)
		known := func(e keyEntry) bool { return e.ID == box.KeyID }
		if err != nil || !isID(box.KeyID) || slices.ContainsFunc(ring.Keys, known) {
			continue
		}
		e := keyEntry{ID: box.KeyID, In: InKeyring}
		if _, err := os.Lstat(s.keyPath(e.ID)); err == nil {
			e.In, e.Reason = InFile, "why is no longer known"
		}
		ring.Keys = append(ring.Keys, e)
	}
	return ring, nil
}

func (s *Store) saveRing(ring keyRing) error {
	ring.Version = formatVersion
	data, err := json.MarshalIndent(ring, "", "  ")
	if err != nil {
		return err
	}
	return atomicfile.WriteOwn(s.ringPath(), append(data, '\n'))
}

const idSize = 8

func isID(text string) bool {
	raw, err := hex.DecodeString(text)
	return err == nil && len(raw) == idSize
}

func newID() string {
	id := make([]byte, idSize)
	rand.Read(id)
	return hex.EncodeToString(id)
}
