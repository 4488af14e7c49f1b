// Package stsconfig reads and edits configuration files of the sts command line, in the form that kubectl sts shares
// with it: a list of contexts, each a server and how to reach it. In a file of the real sts the tokens lie beside them;
// in ours they never do.
//
// Of a file only the bytes of what changes are replaced: comments, order, indentation, other documents and keys that
// are not known here stay as they are.
package stsconfig

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/kubectl-edge/kubectl-edge/pkg/atomicfile"
	"github.com/kubectl-edge/kubectl-edge/pkg/filelock"
	"github.com/kubectl-edge/kubectl-edge/pkg/hint"
	"github.com/kubectl-edge/kubectl-edge/pkg/securefile"
	"github.com/kubectl-edge/kubectl-edge/pkg/yamledit"
)

// DefaultContext is the name of a context that was not given one, and of the one in a file of the old form.
const DefaultContext = "default"

// Context is a server and how to reach it. The second half is known to kubectl sts alone.
type Context struct {
	URL              string `yaml:"url" json:"url"`
	APIToken         string `yaml:"api-token,omitempty" json:"-"`
	ServiceToken     string `yaml:"service-token,omitempty" json:"-"`
	APIPath          string `yaml:"api-path,omitempty" json:"api-path,omitempty"`
	AdminAPIPath     string `yaml:"admin-api-path,omitempty" json:"admin-api-path,omitempty"`
	SkipSSL          bool   `yaml:"skip-ssl,omitempty" json:"skip-ssl,omitempty"`
	CACertBase64Data string `yaml:"ca-cert-base64-data,omitempty" json:"ca-cert-base64-data,omitempty"` // of PEM

	// Name in the secret store.
	SealedToken string `yaml:"sealed-token,omitempty" json:"-"`
	// api-token, service-token or k8s-sa-token.
	SealedTokenKind string `yaml:"sealed-token-kind,omitempty" json:"sealed-token-kind,omitempty"`
	// Of a file that is read whenever it is needed.
	TokenPath string `yaml:"k8s-sa-token-path,omitempty" json:"k8s-sa-token-path,omitempty"`
	// For the TokenRequest API.
	ServiceAccount    string   `yaml:"k8s-service-account,omitempty" json:"k8s-service-account,omitempty"`
	Audiences         []string `yaml:"k8s-audiences,omitempty" json:"k8s-audiences,omitempty"`
	Kubeconfig        string   `yaml:"kubeconfig,omitempty" json:"kubeconfig,omitempty"`
	KubernetesContext string   `yaml:"kube-context,omitempty" json:"kube-context,omitempty"`
	// Of minted tokens, unless others are asked for.
	Roles []string `yaml:"roles,omitempty" json:"roles,omitempty"`
}

// String tells the server only: a context from a file of the real sts holds its token.
func (c Context) String() string { return "context for " + c.URL }

// GoString hides the token.
func (c Context) GoString() string { return c.String() }

// CA returns the PEM certificates of the context.
func (c Context) CA() ([]byte, error) {
	pem, err := base64.StdEncoding.DecodeString(c.CACertBase64Data)
	if err != nil {
		return nil, errors.New("ca-cert-base64-data is not base64")
	}
	return pem, nil
}

// Named is a context with its name.
type Named struct {
	Name    string  `yaml:"name" json:"name"`
	Context Context `yaml:"context" json:"context"`
}

// Odd is an item among the contexts that cannot be used. It stays as it is.
type Odd struct {
	Name   string // "" if it has none
	Line   int
	Reason string
}

// File is a configuration file in memory.
type File struct {
	Path    string
	Exists  bool
	Current string
	Private bool // Save withdraws what others may do with the file
	Odd     []Odd
	list    []Named
	text    fileText
}

// Load reads the file at path. A file that does not exist is empty; one that cannot be parsed is an error, which does
// not quote it, for it may hold tokens.
func Load(path string) (*File, error) {
	f := &File{Path: path}
	found, err := atomicfile.Find(path)
	if err == nil && found.Info != nil && found.Info.Size() > yamledit.MaxSize {
		err = yamledit.ErrTooBig
	}
	var data []byte
	if err == nil {
		data, err = found.Read()
	}
	if err != nil {
		return nil, fmt.Errorf("read the configuration %s: %w", path, err)
	}
	f.Exists = found.Info != nil
	if err := f.parse(data); err != nil {
		return nil, hint.Wrap(fmt.Errorf("read the configuration %s: %w", path, err),
			"repair or remove the file; nothing was changed")
	}
	return f, nil
}

// Contexts returns the contexts in the order of the file.
func (f *File) Contexts() []Named { return slices.Clone(f.list) }

// Get returns the context of this name, and whether there is one.
func (f *File) Get(name string) (Context, bool) {
	i := f.index(name)
	if i < 0 {
		return Context{}, false
	}
	return f.list[i].Context, true
}

func (f *File) index(name string) int {
	return slices.IndexFunc(f.list, func(n Named) bool { return n.Name == name })
}

// Set adds the context of this name or replaces what is known of it.
func (f *File) Set(name string, c Context) {
	if i := f.index(name); i >= 0 {
		f.list[i].Context = c
		return
	}
	f.list = append(f.list, Named{name, c})
}

// Delete removes a context.
func (f *File) Delete(name string) {
	if i := f.index(name); i >= 0 {
		f.list = slices.Delete(f.list, i, i+1)
	}
}

// RemoveTokens takes the tokens out of the contexts that have been copied elsewhere, as far as they still have the same
// ones.
func (f *File) RemoveTokens(copied []Named) {
	for _, was := range copied {
		i := f.index(was.Name)
		if i < 0 {
			continue
		}
		c := &f.list[i].Context
		if c.APIToken == was.Context.APIToken && c.ServiceToken == was.Context.ServiceToken {
			c.APIToken, c.ServiceToken = "", ""
		}
	}
}

// SetCurrent makes the context of this name the current one.
func (f *File) SetCurrent(name string) { f.Current = name }

// Save writes what has changed, and leaves every other byte of the file. A new file and its folder are the user's own;
// an existing one keeps its owner and its mode.
func (f *File) Save() error {
	data, err := f.edited()
	if err != nil {
		return fmt.Errorf("write the configuration %s: %w", f.Path, err)
	}
	if f.Exists && !f.Private && bytes.Equal(data, f.text.data) {
		return nil
	}
	target, err := atomicfile.Find(f.Path)
	if err == nil {
		target.Narrow = f.Private
		err = target.Replace(f.text.data, data)
	}
	if err != nil {
		return fmt.Errorf("write the configuration %s: %w", f.Path, err)
	}
	return nil
}

// Edit loads the file at path, lets change work on it and saves it if that succeeds, while other calls wait. lock is a
// file beside our state: sts has no lock.
func Edit(ctx context.Context, path, lock string, change func(*File) error) error {
	if err := securefile.MakeOwn(filepath.Dir(lock)); err != nil {
		return fmt.Errorf("lock the configuration: %w", err)
	}
	unlock, err := filelock.Lock(ctx, lock)
	if err != nil {
		return fmt.Errorf("lock the configuration: %w", err)
	}
	defer unlock()
	if found, err := atomicfile.Find(path); err == nil { // else Load says why not
		_ = atomicfile.Sweep(found.Target)
		if err := found.Recover(); err != nil {
			return fmt.Errorf("write the configuration %s: %w", path, err)
		}
	}
	f, err := Load(path)
	if err != nil {
		return err
	}
	if err := change(f); err != nil {
		return err
	}
	return f.Save()
}

// SystemPath is where the real sts keeps its configuration, on every system.
func SystemPath(getenv func(string) string) (string, error) {
	dir := getenv("XDG_CONFIG_HOME")
	if dir == "" {
		home, err := os.UserHomeDir()
		if err != nil {
			return "", fmt.Errorf("find the configuration of sts: %w", err)
		}
		dir = filepath.Join(home, ".config")
	}
	return filepath.Join(dir, "stackstate-cli", "config.yaml"), nil
}
