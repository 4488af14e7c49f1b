package kubeconfig

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"

	"k8s.io/client-go/tools/clientcmd/api"

	"github.com/kubectl-edge/kubectl-edge/pkg/atomicfile"
	"github.com/kubectl-edge/kubectl-edge/pkg/hint"
	"github.com/kubectl-edge/kubectl-edge/pkg/securefile"
)

// Each command of kubectl edge that changes the current context notes the one before in our state, for each kubeconfig.
// kubectl config use-context notes nothing, so that a note may be of a time before: the context that we changed to last
// is then the one to go back to.

// switches is the folder of these notes.
const switches = "contexts"

// contextSwitch is a change of the current context, as it is noted.
type contextSwitch struct {
	Path     string `json:"path"` // of the kubeconfig that holds the current-context
	Previous string `json:"previous"`
	Current  string `json:"current"`
}

// during edits, and finds out what it does to the current context.
func (s *contextSwitch) during(config *api.Config, edit func(*api.Config) error) error {
	before := config.CurrentContext
	exists := config.Contexts[before] != nil
	if err := edit(config); err != nil {
		return err
	}
	*s = contextSwitch{}
	if exists && config.CurrentContext != before {
		s.Previous, s.Current = before, config.CurrentContext
	}
	return nil
}

// noteSwitch notes a switch from one context to another. It is of use and never needed: a state folder that cannot be
// written hinders no switch.
func (f files) noteSwitch(s contextSwitch) {
	if s.Previous == "" || s.Current == "" {
		return
	}
	path := f.switchPath()
	if path == "" || securefile.MakeDir(filepath.Dir(path)) != nil {
		return
	}
	sweepNotes(filepath.Dir(path))
	target, err := filepath.Abs(f.target())
	if err != nil {
		return
	}
	s.Path = target
	if data, err := json.Marshal(s); err == nil {
		_ = atomicfile.WriteOwn(path, data)
	}
}

// target is the file that client-go writes a current-context to, behind links.
func (f files) target() string {
	if found, err := atomicfile.Find(f.fallback); err == nil {
		return found.Target
	}
	return f.fallback
}

func (f files) switchPath() string { return notePath(switches, f.target()) }

// ErrNoPrevious is the error of Back for a kubeconfig whose current context kubectl edge has not changed yet.
var ErrNoPrevious = errors.New("no previous context is known")

// Back makes the context the current one that was it before, and returns its name.
func Back(ctx context.Context, explicit string) (name string, err error) {
	files, err := chooseFiles(explicit)
	if err != nil {
		return "", err
	}
	err = Edit(ctx, explicit, func(config *api.Config) error {
		name, err = files.previous(config)
		if err == nil {
			config.CurrentContext = name
		}
		return err
	})
	return name, err
}

// previous is the context to go back to from the current one of config.
func (f files) previous(config *api.Config) (string, error) {
	var s contextSwitch
	path := f.switchPath()
	if path == "" {
		return "", ErrNoPrevious
	}
	data, err := securefile.Read(path, securefile.Private)
	if err == nil {
		err = json.Unmarshal(data, &s)
	}
	if err != nil || s.Previous == "" {
		return "", ErrNoPrevious
	}
	if config.CurrentContext != s.Current && config.Contexts[s.Current] != nil {
		return s.Current, nil // somebody else has changed it since
	}
	if config.Contexts[s.Previous] == nil {
		return "", hint.Wrap(fmt.Errorf("the previous context %.200q is no longer in the kubeconfig", s.Previous),
			"kubectl config get-contexts")
	}
	return s.Previous, nil
}
