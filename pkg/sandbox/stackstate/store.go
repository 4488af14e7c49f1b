package stackstate

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"sync"

	"github.com/kubectl-edge/kubectl-edge/pkg/atomicfile"
)

// firstID is the id of the first token of a new server. Real ids are as large: they do not fit 32 bit.
const firstID = 107484341630693

// store holds what outlives a request. With a path, every change is on disk before it is visible.
type store struct {
	path string

	mu    sync.Mutex
	state state
}

type state struct {
	NextID   int64               `json:"nextId"`
	Tokens   []serviceToken      `json:"tokens"`
	Subjects map[string]*subject `json:"subjects"`
}

func openStore(dir string) (*store, error) {
	st := &store{state: state{NextID: firstID, Subjects: map[string]*subject{}}}
	if dir == "" {
		return st, nil
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	st.path = filepath.Join(dir, "stackstate.json")
	data, err := os.ReadFile(st.path)
	if errors.Is(err, fs.ErrNotExist) {
		return st, nil
	}
	if err != nil {
		return nil, err
	}
	if err := json.Unmarshal(data, &st.state); err != nil {
		return nil, fmt.Errorf("read %s: %w", st.path, err)
	}
	return st, nil
}

// change applies edit to a copy of the state and keeps it if it could be saved.
func (st *store) change(edit func(*state)) error {
	st.mu.Lock()
	defer st.mu.Unlock()
	next := state{st.state.NextID, slices.Clone(st.state.Tokens), maps.Clone(st.state.Subjects)}
	edit(&next)
	if st.path != "" {
		data, err := json.MarshalIndent(next, "", "  ")
		if err != nil {
			return err
		}
		if err := atomicfile.Write(st.path, append(data, '\n'), 0o600); err != nil {
			return err
		}
	}
	st.state = next
	return nil
}

func (st *store) byToken(token string) (serviceToken, bool) {
	st.mu.Lock()
	defer st.mu.Unlock()
	sum := hash(token)
	i := slices.IndexFunc(st.state.Tokens, func(t serviceToken) bool { return t.SHA256 == sum })
	if i < 0 {
		return serviceToken{}, false
	}
	return st.state.Tokens[i], true
}

func (st *store) list() []serviceToken {
	st.mu.Lock()
	defer st.mu.Unlock()
	return append([]serviceToken{}, st.state.Tokens...)
}

// add gives t its id, and makes the subject dedicated to it.
func (st *store) add(t serviceToken) error {
	return st.change(func(s *state) {
		t.ID = s.NextID
		s.NextID++
		s.Tokens = append(s.Tokens, t)
		if _, ok := s.Subjects[t.DedicatedSubject]; !ok && t.DedicatedSubject != "" {
			s.Subjects[t.DedicatedSubject] = &subject{}
		}
	})
}

// remove deletes a token together with the subject dedicated to it, unless that is another token's as well.
func (st *store) remove(id int64) (found bool, err error) {
	err = st.change(func(s *state) {
		dedicated := ""
		s.Tokens = slices.DeleteFunc(s.Tokens, func(t serviceToken) bool {
			if t.ID != id {
				return false
			}
			found, dedicated = true, t.DedicatedSubject
			return true
		})
		// Two tokens may have been given the same one.
		if !slices.ContainsFunc(s.Tokens, func(t serviceToken) bool { return t.DedicatedSubject == dedicated }) {
			delete(s.Subjects, dedicated)
		}
	})
	return found, err
}

func (st *store) subjects() []string {
	st.mu.Lock()
	defer st.mu.Unlock()
	return slices.Sorted(maps.Keys(st.state.Subjects))
}

func (st *store) putSubject(handle, query string) error {
	return st.change(func(s *state) {
		old := s.Subjects[handle]
		s.Subjects[handle] = &subject{Query: query}
		if old != nil {
			s.Subjects[handle].Permissions = old.Permissions
		}
	})
}

func (st *store) removeSubject(handle string) (found bool, err error) {
	err = st.change(func(s *state) {
		_, found = s.Subjects[handle]
		delete(s.Subjects, handle)
	})
	return found, err
}

// setGrant grants a permission on a resource to a subject, or revokes it.
func (st *store) setGrant(handle, resource, permission string, granted bool) (found bool, err error) {
	err = st.change(func(s *state) {
		old := s.Subjects[handle]
		if old == nil {
			return
		}
		found = true
		grants := maps.Clone(old.Permissions)
		if grants == nil {
			grants = map[string][]string{}
		}
		names := slices.DeleteFunc(slices.Clone(grants[resource]), func(name string) bool { return name == permission })
		if granted {
			names = append(names, permission)
		}
		if grants[resource] = names; len(names) == 0 {
			delete(grants, resource)
		}
		s.Subjects[handle] = &subject{Query: old.Query, Permissions: grants}
	})
	return found, err
}

// grants are the permissions of a subject that somebody made, and whether there is one.
func (st *store) grants(handle string) (map[string][]string, bool) {
	st.mu.Lock()
	defer st.mu.Unlock()
	sub, found := st.state.Subjects[handle]
	if !found {
		return nil, false
	}
	return sub.Permissions, true
}
