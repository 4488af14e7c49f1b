package tokencache

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"time"

	"github.com/kubectl-edge/kubectl-edge/pkg/atomicfile"
	"github.com/kubectl-edge/kubectl-edge/pkg/securefile"
)

// errMiss is wrapped by every error of Get: there is no token to hand out, for the reason that the text gives.
var errMiss = errors.New("no cached token")

// ErrDisabled is the reason when the user wants no cache.
var ErrDisabled = errors.New("the cache is switched off")

const (
	tokenSuffix   = ".token"
	failureSuffix = ".failed"
	leaseSuffix   = ".leases"
	refreshSuffix = ".refresh"
	serverSuffix  = ".server"
)

// Store is the folder of the tokens. The zero Store caches nothing.
type Store struct {
	dir   string
	offBy string // what switched the cache off, for people
}

// Dir is the store's folder, or "" for one that keeps nothing.
func (s Store) Dir() string { return s.dir }

// OffBy names what switched the cache off, or is "" where nothing did.
func (s Store) OffBy() string { return s.offBy }

// Get returns the token named by k if it can be handed out at now. Every error wraps errMiss; an *securefile.Error in
// it says that a file or folder was refused.
func (s Store) Get(k Key, now time.Time) (Entry, error) {
	e, err := s.Load(k)
	if err == nil {
		err = e.check(now)
	}
	return e, err
}

// Load is Get without regard to the token's age.
func (s Store) Load(k Key) (Entry, error) {
	dir, err := s.open()
	if err != nil {
		return Entry{}, fmt.Errorf("%w: %w", errMiss, err)
	}
	defer dir.Close()
	return load(dir, k)
}

func (s Store) open() (*securefile.Dir, error) {
	if s.dir == "" {
		return nil, ErrDisabled
	}
	return securefile.OpenDir(s.dir, securefile.Private)
}

func load(dir *securefile.Dir, k Key) (Entry, error) {
	data, err := dir.Read(k.String()+tokenSuffix, securefile.Private)
	if err != nil {
		return Entry{}, fmt.Errorf("%w: %w", errMiss, err)
	}
	e, err := decode(data, k)
	if err != nil {
		return Entry{}, fmt.Errorf("%w: %w", errMiss, err)
	}
	return e, nil
}

// Answer is what a client gets.
type Answer struct {
	Entry Entry
	Until time.Time // the client is to ask again after it: KeepUntil
	Again bool      // as Lease has it
}

// Answer is Get followed by Lease, in a folder that is opened once.
func (s Store) Answer(k Key, client Client, now time.Time) (Answer, error) {
	dir, err := s.open()
	if err != nil {
		return Answer{}, fmt.Errorf("%w: %w", errMiss, err)
	}
	defer dir.Close()
	e, err := load(dir, k)
	if err == nil {
		err = e.check(now)
	}
	if err != nil {
		return Answer{}, err
	}
	until := e.KeepUntil(now)
	return Answer{e, until, record(dir, k, client, e, until, now)}, nil
}

// Put stores e under k, replacing what was there. What is known of the server stays known.
func (s Store) Put(k Key, e Entry) error {
	if s.dir == "" {
		return nil
	}
	if err := s.Prepare(); err != nil {
		return err
	}
	old, _ := s.Load(k)
	server, known := s.Server(k, old)
	data, err := encode(k, e)
	if err == nil {
		err = atomicfile.WriteOwn(s.path(k, tokenSuffix), data)
	}
	if err == nil && known {
		err = s.PutServer(k, e, server)
	}
	if err != nil {
		return fmt.Errorf("cache token: %w", err)
	}
	return nil
}

// Prepare makes the folder, and reports whether it can hold secrets.
func (s Store) Prepare() error {
	if s.dir == "" {
		return ErrDisabled
	}
	if err := securefile.MakeDir(s.dir); err != nil {
		return fmt.Errorf("cache tokens: %w", err)
	}
	return nil
}

// LockPath is the file to lock while the token named by k is minted. There are 256 of them, shared by all keys and
// never removed: a lock file that is swept while someone waits for it would lock nothing.
func (s Store) LockPath(k Key) string {
	return filepath.Join(s.dir, fmt.Sprintf("%02x.lock", k[0]))
}

func (s Store) path(k Key, suffix string) string {
	return filepath.Join(s.dir, k.String()+suffix)
}

// File is a stored token.
type File struct {
	Key   Key
	Path  string
	Entry Entry
}

// List returns the readable tokens, in the order of their file names. Files that are not tokens are passed over.
func (s Store) List() ([]File, error) {
	if s.dir == "" {
		return nil, nil
	}
	names, err := s.names()
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("list cached tokens: %w", err)
	}
	var files []File
	for _, name := range names {
		k, ok := tokenKey(name)
		if !ok {
			continue
		}
		if e, err := s.Load(k); err == nil {
			files = append(files, File{k, filepath.Join(s.dir, name), e})
		}
	}
	if err := securefile.CheckDir(s.dir); err != nil && len(files) == 0 { // then none of its tokens is handed out
		return nil, fmt.Errorf("list cached tokens: %w", err)
	}
	return files, nil
}
