package stackstate

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/kubectl-edge/kubectl-edge/pkg/atomicfile"
	"github.com/kubectl-edge/kubectl-edge/pkg/securefile"
)

// Journal remembers the service tokens that were minted on this machine, one small file each, so that they can be found
// on the server, by name, and deleted. It holds no secret. A record is written before its token is asked for: what a
// crash leaves behind on the server is on record.
type Journal struct{ Dir string }

// Record is a service token that was minted, or was about to be.
type Record struct {
	Name    string    `json:"name"`    // unique
	URL     string    `json:"url"`     // of the server
	Context string    `json:"context"` // whose credential it was minted with; "" if none
	Roles   []string  `json:"roles"`
	Created time.Time `json:"created"`
	Expires time.Time `json:"expires"`
	// Pending is true until the token has reached the one who asked for it.
	Pending bool `json:"pending,omitempty"`
}

// NamePrefix starts the names of all minted tokens.
const NamePrefix = "kubectl-sts-"

// newName returns a name that no other token has: a prefix, and 130 random bits in letters and digits.
func newName() string { return NamePrefix + strings.ToLower(rand.Text()) }

func (j Journal) path(name string) string { return filepath.Join(j.Dir, name+".json") }

// Put writes a record, in place of one with its name.
func (j Journal) Put(r Record) error {
	if err := securefile.MakeDir(j.Dir); err != nil {
		return fmt.Errorf("record the token %s: %w", r.Name, err)
	}
	data, err := json.MarshalIndent(r, "", "  ")
	if err == nil {
		err = atomicfile.WriteOwn(j.path(r.Name), append(data, '\n'))
	}
	if err != nil {
		return fmt.Errorf("record the token %s: %w", r.Name, err)
	}
	return nil
}

// Delete forgets a token; it is no error if it is not on record.
func (j Journal) Delete(name string) error {
	if err := os.Remove(j.path(name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("forget the token %s: %w", name, err)
	}
	return nil
}

// Tidy removes what writers that were killed left behind. Nothing depends on it; failures are passed over.
func (j Journal) Tidy() { _ = atomicfile.SweepDir(j.Dir) }

// List returns the records of the tokens of the server at url, in the order of their names; all records for "". Files
// that are not records are passed over.
func (j Journal) List(url string) ([]Record, error) {
	entries, err := os.ReadDir(j.Dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read the record of minted tokens: %w", err)
	}
	var list []Record
	for _, entry := range entries {
		name, ok := strings.CutSuffix(entry.Name(), ".json")
		if !ok || !strings.HasPrefix(name, NamePrefix) {
			continue
		}
		data, err := securefile.ReadOwn(j.path(name), securefile.Private)
		if err != nil {
			continue
		}
		var r Record
		if json.Unmarshal(data, &r) == nil && r.Name == name && (url == "" || r.URL == url) {
			list = append(list, r)
		}
	}
	return list, nil
}
