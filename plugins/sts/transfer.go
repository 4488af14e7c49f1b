package sts

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/kubectl-edge/kubectl-edge/pkg/hint"
	"github.com/kubectl-edge/kubectl-edge/pkg/stackstate"
	"github.com/kubectl-edge/kubectl-edge/pkg/stackstate/stsconfig"
)

// transferOptions are those of import and export: which contexts, and the file of the real sts.
type transferOptions struct {
	*app
	file          string
	names         []string
	overwrite     bool
	removeSecrets bool
	passedOver    int
}

func (o *transferOptions) addFlags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringVar(&o.file, "file", "", "configuration file of sts (default: where sts keeps it)")
	f.StringSliceVarP(&o.names, "name", "n", nil, "context to take (repeatable; default: all)")
	f.BoolVar(&o.overwrite, "overwrite", false, "replace contexts of the same name")
}

func (o *transferOptions) path() (string, error) {
	if o.file != "" {
		return o.file, nil
	}
	path, err := stsconfig.SystemPath(o.Getenv)
	return path, withCode(exitConfig, err)
}

// lock is the lock for files of sts; one for all of them is enough.
func (o *transferOptions) lock() string { return filepath.Join(o.dirs.State, "sts-config.lock") }

// choose returns the contexts of f that are wanted, and names those that cannot be used. It is an error if one that was
// named is not there.
func (o *transferOptions) choose(f *stsconfig.File) ([]stsconfig.Named, error) {
	var chosen []stsconfig.Named
	for _, name := range o.names {
		c, ok := f.Get(name)
		if !ok && !slices.ContainsFunc(f.Odd, func(odd stsconfig.Odd) bool { return odd.Name == name }) {
			return nil, noContext(name, f)
		}
		if ok {
			chosen = append(chosen, stsconfig.Named{Name: name, Context: c})
		}
	}
	if len(o.names) == 0 {
		chosen = f.Contexts()
	}
	for _, odd := range f.Odd {
		if len(o.names) == 0 || slices.Contains(o.names, odd.Name) {
			o.passOver(fmt.Sprintf("%s, line %d: context %q", f.Path, odd.Line, odd.Name), errors.New(odd.Reason))
		}
	}
	return slices.DeleteFunc(chosen, func(n stsconfig.Named) bool {
		err := sound(n)
		if err != nil {
			o.passOver(fmt.Sprintf("%s: context %q", f.Path, n.Name), err)
		}
		return err != nil
	}), nil
}

// passOver names what keeps nothing else from being done.
func (o *transferOptions) passOver(what string, err error) {
	o.passedOver++
	o.Warn("%s is passed over: %v", what, err)
	if h := hint.Of(err); h != "" {
		o.Note("hint: %s", h)
	}
}

// outcome is the error of a command that has done the rest.
func (o *transferOptions) outcome() error {
	if o.passedOver == 0 {
		return nil
	}
	return withCode(exitConfig, fmt.Errorf("contexts that were passed over: %d", o.passedOver))
}

// sound is the error of a context that nobody can use.
func sound(n stsconfig.Named) error {
	c := n.Context
	if n.Name == "" {
		return errors.New("it has no name")
	}
	if c.URL == "" {
		return errors.New("it has no url")
	}
	if _, err := stackstate.ParseURL(c.URL); err != nil {
		return err
	}
	if c.APIToken != "" && c.ServiceToken != "" {
		return errors.New("it has both an API token and a service token, which sts refuses too")
	}
	kind, token := tokenOf(c)
	if token == "" {
		return nil
	}
	return stackstate.Credential{Kind: kind, Token: token}.Validate()
}

// tokenOf is the token of a context of sts, without the blanks around it that sts does not send either.
func tokenOf(c stsconfig.Context) (stackstate.Kind, string) {
	if c.APIToken != "" {
		return stackstate.KindAPIToken, strings.TrimSpace(c.APIToken)
	}
	return stackstate.KindServiceToken, strings.TrimSpace(c.ServiceToken)
}

// add puts contexts into f, none of them in the place of another unless that is wanted. The first becomes the current
// one if there is none, or else current if it is among them.
func (o *transferOptions) add(f *stsconfig.File, contexts []stsconfig.Named, current string) error {
	for _, c := range contexts {
		if _, taken := f.Get(c.Name); taken && !o.overwrite {
			return withCode(exitConfig, hint.Wrap(fmt.Errorf("%s has a context %q already; nothing was changed", f.Path,
				c.Name),
				"--overwrite, or choose others with --name"))
		}
	}
	for _, c := range contexts {
		f.Set(c.Name, c.Context)
		if f.Current == "" || c.Name == current && !f.Exists {
			f.SetCurrent(c.Name)
		}
	}
	return nil
}

func namesOf(contexts []stsconfig.Named) []string {
	names := make([]string, 0, len(contexts))
	for _, c := range contexts {
		names = append(names, c.Name)
	}
	return names
}
