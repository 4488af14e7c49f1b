package profile

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"time"

	"github.com/kubectl-edge/kubectl-edge/pkg/atomicfile"
	"github.com/kubectl-edge/kubectl-edge/pkg/dirs"
	"github.com/kubectl-edge/kubectl-edge/pkg/hint"
	"github.com/kubectl-edge/kubectl-edge/pkg/securefile"
)

// Session is the public half of a login: who, how and since when. The secret half is sealed by pkg/secretstore.
type Session struct {
	Profile   string `json:"profile"`
	Method    string `json:"method"`
	Principal string `json:"principal"`
	// Generation is new with every login, so that tokens of an earlier one are never used again.
	Generation string    `json:"generation"`
	Created    time.Time `json:"created"`
	// Expires is the end of the session where its end is known.
	Expires   time.Time `json:"expires,omitzero"`
	Endpoints Endpoints `json:"endpoints"`
}

// SessionPath is where the public half of the profile's session lies.
func SessionPath(d dirs.Dirs, profile string) string {
	return filepath.Join(d.State, "sessions", profile+".json")
}

// LoadSession reads the profile's session; the error is fs.ErrNotExist when nobody is logged in.
func LoadSession(d dirs.Dirs, profile string) (Session, error) {
	path := SessionPath(d, profile)
	data, err := readSession(path)
	if err != nil {
		return Session{}, err
	}
	return decodeSession(path, data, profile)
}

func decodeSession(path string, data []byte, profile string) (Session, error) {
	var s Session
	if err := json.Unmarshal(data, &s); err != nil {
		return Session{}, damaged(fmt.Errorf("read session %s: %w", path, err), profile)
	}
	if s.Profile != profile {
		return Session{}, damaged(fmt.Errorf("read session %s: it belongs to profile %q", path, s.Profile), profile)
	}
	return s, nil
}

// damaged is err with the login that makes another session.
func damaged(err error, profile string) error {
	return hint.Wrap(err, "log in again: kubectl edge login --profile %s", profile)
}

// Save writes the session below d, atomically.
func (s Session) Save(d dirs.Dirs) error {
	data, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return fmt.Errorf("write session: %w", err)
	}
	path := SessionPath(d, s.Profile)
	if err := securefile.MakeDir(filepath.Dir(path)); err != nil {
		return fmt.Errorf("write session: %w", err)
	}
	if err := atomicfile.WriteOwn(path, append(data, '\n')); err != nil {
		return fmt.Errorf("write session: %w", err)
	}
	return nil
}
