package server

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/kubectl-edge/kubectl-edge/pkg/atomicfile"
	"github.com/kubectl-edge/kubectl-edge/pkg/filelock"
	"github.com/kubectl-edge/kubectl-edge/pkg/hint"
)

// factsFile is the file in a data folder that holds what a server is reached by.
const factsFile = "server.json"

const factsVersion = 1

// Facts are what stays the same over restarts of a server, besides what the sandbox itself keeps.
type Facts struct {
	Version         int    `json:"version"`
	Listen          string `json:"listen"`      // address and port
	Host            string `json:"host"`        // in the sandbox's URL
	PlainPort       int    `json:"plainPort"`   // on 127.0.0.1
	PortsFollow     bool   `json:"portsFollow"` // API servers have the ports after the sandbox's, rather than free ones
	StackStateToken string `json:"stackStateToken"`
}

// Ports are the addresses and ports at which the server listens.
func (f *Facts) Ports() []string {
	return []string{f.Listen, fmt.Sprintf("%s:%d", loopback, f.PlainPort)}
}

// ReadFacts reads them from a data folder, and says what is wrong with them.
func ReadFacts(dir string) (*Facts, error) {
	path := filepath.Join(dir, factsFile)
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	f := &Facts{}
	if err = json.Unmarshal(data, f); err == nil && (f.Listen == "" || f.Host == "" || f.StackStateToken == "") {
		err = errors.New("it lacks the address")
	}
	switch {
	case err != nil:
		return nil, hint.Wrap(fmt.Errorf("read %s: it is damaged: %w", path, err),
			"move its folder away: a new sandbox starts with an empty one")
	case f.Version != factsVersion:
		return nil, hint.Wrap(fmt.Errorf("read %s: it has version %d, and this edge-sandbox knows version %d alone",
			path, f.Version, factsVersion), "use the edge-sandbox that wrote it, or another folder")
	}
	return f, nil
}

// facts are those that a data folder keeps, or new ones.
func facts(dir string) (*Facts, error) {
	if dir != "" {
		old, err := ReadFacts(dir)
		if !errors.Is(err, fs.ErrNotExist) {
			return old, err
		}
	}
	return &Facts{Version: factsVersion, StackStateToken: rand.Text()}, nil
}

func (f *Facts) save(dir string) error {
	if dir == "" {
		return nil
	}
	data, err := json.MarshalIndent(f, "", "  ")
	if err != nil {
		return err
	}
	return atomicfile.Write(filepath.Join(dir, factsFile), append(data, '\n'), 0o600)
}

// CheckShared refuses a data folder that others can write to: they could replace the keys in it, or what it keeps.
func CheckShared(dir string) error {
	info, err := os.Stat(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil // it will be made
	}
	if err != nil {
		return err
	}
	if who := sharedWith(info); who != "" {
		return hint.Wrap(fmt.Errorf("the folder %s, which is to have private keys, can be written to by %s", dir, who),
			"chmod 700 %s", hint.Word(dir))
	}
	return nil
}

// LockFile is the file in a folder that is locked while a sandbox uses it.
const LockFile = "lock"

// LockDir makes a folder, and keeps other sandboxes out of it until unlock is called, or this process ends.
func LockDir(dir string) (unlock func(), err error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("make the sandbox's folder: %w", err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 100*time.Millisecond)
	defer cancel()
	unlock, err = filelock.Lock(ctx, filepath.Join(dir, LockFile))
	if errors.Is(err, context.DeadlineExceeded) {
		return nil, hint.Wrap(fmt.Errorf("the folder %s is used by another edge-sandbox", dir),
			"end that one, or use another folder")
	}
	return unlock, err
}
