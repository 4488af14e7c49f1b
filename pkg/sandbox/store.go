package sandbox

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"sync"

	"github.com/kubectl-edge/kubectl-edge/pkg/atomicfile"
	"github.com/kubectl-edge/kubectl-edge/pkg/hint"
)

// StateFile is the file in Options.Dir that holds all that is kept.
const StateFile = "sandbox.json"

// stateVersion is the format that this program writes, and the only one that it reads.
const stateVersion = 1

// store keeps a sandbox's state in a file. A request is answered when what it changed is on the disk; requests that
// come together are saved together.
type store struct {
	path string

	mu    sync.Mutex // held while a state is being saved
	saved []byte
}

// begin makes what a new sandbox holds, or reads it from a folder.
func (s *Sandbox) begin(dir string) error {
	if dir != "" {
		s.store = &store{path: filepath.Join(dir, StateFile)}
		switch old, err := ReadState(dir); {
		case err == nil && old.URL != s.base:
			return hint.Wrap(fmt.Errorf("read %s: it is of a sandbox at %s, and this one is at %s", s.store.path,
				old.URL, s.base),
				"tokens and kubeconfigs name the address: use the same --listen and --host, or another folder")
		case err == nil:
			if err := s.restore(old); err != nil {
				return damaged(s.store.path, err)
			}
			return nil
		case !errors.Is(err, fs.ErrNotExist):
			return err
		}
	}
	var err error
	if s.authority, err = newAuthority(); err != nil {
		return err
	}
	s.populate()
	return nil
}

// ReadState reads what a folder keeps of a sandbox, and says what is wrong with it.
func ReadState(dir string) (*State, error) {
	path := filepath.Join(dir, StateFile)
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var version struct{ Version int }
	if err := json.Unmarshal(data, &version); err != nil {
		return nil, damaged(path, err)
	}
	if version.Version != stateVersion {
		return nil, hint.Wrap(fmt.Errorf("read %s: it has version %d, and this edge-sandbox knows version %d alone",
			path, version.Version, stateVersion), "use the edge-sandbox that wrote it, or another folder")
	}
	old := &State{}
	if err := json.Unmarshal(data, old); err != nil {
		return nil, damaged(path, err)
	}
	if err := old.check(); err != nil {
		return nil, damaged(path, err)
	}
	return old, nil
}

func damaged(path string, err error) error {
	return hint.Wrap(fmt.Errorf("read %s: it is damaged: %w", path, err),
		"move its folder away: a new sandbox starts with an empty one")
}

// Save puts what has changed on the disk. It does nothing for a sandbox in memory.
func (s *Sandbox) Save() error {
	if s.store == nil {
		return nil
	}
	s.store.mu.Lock()
	defer s.store.mu.Unlock()
	s.mu.Lock()
	if !s.changed { // another request has saved it too
		s.mu.Unlock()
		return nil
	}
	s.changed = false
	data, err := json.MarshalIndent(s.snapshot(), "", "  ")
	s.mu.Unlock()
	if err == nil && bytes.Equal(data, s.store.saved) {
		return nil
	}
	if err == nil {
		err = atomicfile.Write(s.store.path, data, 0o600)
	}
	if err != nil {
		s.mu.Lock()
		s.changed = true
		s.mu.Unlock()
		return fmt.Errorf("keep the sandbox's state: %w", err)
	}
	s.store.saved = data
	return nil
}

// durable holds an answer back until what the request has changed is on the disk, and says so if that fails.
type durable struct {
	http.ResponseWriter
	request *http.Request
	sandbox *Sandbox
	begun   bool
	failed  bool
}

// save puts on the disk what a request may have changed.
func (d *durable) save() error {
	s := d.sandbox
	if d.request.Method != http.MethodGet && d.request.Method != http.MethodHead {
		s.mu.Lock()
		s.changed = true
		s.mu.Unlock()
	}
	return s.Save()
}

func (d *durable) WriteHeader(status int) {
	if d.begun {
		return
	}
	d.begun = true
	if err := d.save(); err != nil {
		d.failed = true
		h := d.Header()
		h.Del("Content-Encoding")
		h.Del("Content-Length")
		writeJSON(d.ResponseWriter, http.StatusInsufficientStorage,
			pathError(d.request, d.sandbox.Now(), http.StatusInsufficientStorage, err.Error()))
		return
	}
	d.ResponseWriter.WriteHeader(status)
}

// end sends the status of an answer that has neither body nor status of its own.
func (d *durable) end() {
	if !d.begun {
		d.WriteHeader(http.StatusOK)
	}
}

func (d *durable) Write(b []byte) (int, error) {
	if !d.begun {
		d.WriteHeader(http.StatusOK)
	}
	if d.failed {
		return len(b), nil
	}
	return d.ResponseWriter.Write(b)
}

// Unwrap is for http.ResponseController.
func (d *durable) Unwrap() http.ResponseWriter { return d.ResponseWriter }
