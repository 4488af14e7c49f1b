package sts

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/kubectl-edge/kubectl-edge/pkg/hint"
	"github.com/kubectl-edge/kubectl-edge/pkg/plugin"
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

// choose returns the contexts of f that are wanted, or an error if one is not there.
func (o *transferOptions) choose(f *stsconfig.File) ([]stsconfig.Named, error) {
	if len(o.names) == 0 {
		return f.Contexts(), nil
	}
	var chosen []stsconfig.Named
	for _, name := range o.names {
		c, ok := f.Get(name)
		if !ok {
			return nil, noContext(name, f.Path)
		}
		chosen = append(chosen, stsconfig.Named{Name: name, Context: c})
	}
	return chosen, nil
}

// add puts contexts into f, none of them in the place of another unless that is wanted. The first becomes the current one
// if there is none, or else current if it is among them.
func (o *transferOptions) add(f *stsconfig.File, contexts []stsconfig.Named, current string) error {
	for _, c := range contexts {
		if _, taken := f.Get(c.Name); taken && !o.overwrite {
			return withCode(exitConfig, hint.Wrap(fmt.Errorf("%s has a context %q already; nothing was changed", f.Path, c.Name), "--overwrite, or choose others with --name"))
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

func newContextImportCmd(a *app) *cobra.Command {
	o := transferOptions{app: a}
	cmd := &cobra.Command{
		Use:   "import",
		Short: "Take over the contexts of sts",
		Long: `Take over the contexts of sts. Their tokens are sealed in a store of yours.

The configuration file of sts can be read by everybody on this machine. With --remove-secrets, or if you say so when asked, the
tokens are removed from it; sts then needs them from elsewhere, such as kubectl sts run.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return o.importContexts(cmd.Context()) },
	}
	o.addFlags(cmd)
	cmd.Flags().BoolVar(&o.removeSecrets, "remove-secrets", false, "remove the tokens from the file of sts")
	return cmd
}

func (o *transferOptions) importContexts(ctx context.Context) error {
	path, err := o.path()
	if err != nil {
		return err
	}
	theirs, err := stsconfig.Load(path)
	if err != nil {
		return withCode(exitConfig, err)
	}
	if !theirs.Exists {
		return withCode(exitConfig, hint.Wrap(fmt.Errorf("there is no configuration of sts: %s", path), "--file FILE"))
	}
	contexts, err := o.choose(theirs)
	if err != nil {
		return err
	}
	var sealed, replaced []string
	err = o.editConfig(ctx, func(f *stsconfig.File) error {
		for i := range contexts {
			if old, ok := f.Get(contexts[i].Name); ok {
				replaced = append(replaced, old.SealedToken)
			}
			if err := o.sealTokens(&contexts[i].Context); err != nil {
				return err
			}
			sealed = append(sealed, contexts[i].Context.SealedToken)
		}
		return o.add(f, contexts, theirs.Current)
	})
	if err != nil {
		for _, name := range sealed {
			o.forget(name)
		}
		return err
	}
	for _, name := range replaced {
		o.forget(name)
	}
	o.tellKeyLocation()
	names := make([]string, 0, len(contexts))
	for _, c := range contexts {
		names = append(names, c.Name)
		if !o.json() {
			o.success("Imported context '%s'", c.Name)
		}
	}
	cleaned, err := o.offerRemoval(ctx, theirs, names)
	if err != nil {
		return err
	}
	if o.json() {
		return o.printJSON(map[string]any{"imported-contexts": names, "secrets-removed": cleaned})
	}
	return nil
}

// sealTokens moves the token of a context of sts into the secret store.
func (o *transferOptions) sealTokens(c *stsconfig.Context) error {
	token, kind := c.ServiceToken, stackstate.KindServiceToken
	if token == "" {
		token, kind = c.APIToken, stackstate.KindAPIToken
	}
	both := c.APIToken != "" && c.ServiceToken != ""
	c.APIToken, c.ServiceToken = "", ""
	c.URL = strings.TrimRight(c.URL, "/")
	if token == "" {
		return nil
	}
	if both {
		return withCode(exitConfig, errors.New("a context has both an API token and a service token, which sts refuses too"))
	}
	var err error
	c.SealedToken, err = o.seal(token, c.URL)
	c.SealedTokenKind = string(kind)
	return err
}

// offerRemoval removes the tokens of the imported contexts from the file of sts, if that is wanted.
func (o *transferOptions) offerRemoval(ctx context.Context, theirs *stsconfig.File, imported []string) (bool, error) {
	copied := slices.DeleteFunc(theirs.Contexts(), func(c stsconfig.Named) bool {
		return c.Context.APIToken+c.Context.ServiceToken == "" || !slices.Contains(imported, c.Name)
	})
	if len(copied) == 0 {
		return false, nil
	}
	if !o.removeSecrets {
		if !plugin.Terminal(o.In) {
			o.Note("note: the tokens are still in %s; --remove-secrets removes them", theirs.Path)
			return false, nil
		}
		yes, err := o.Ask(ctx, fmt.Sprintf("Remove the tokens from %s, where others can read them?", theirs.Path))
		if err != nil || !yes {
			return false, err
		}
	}
	err := stsconfig.Edit(ctx, theirs.Path, o.lock(), func(f *stsconfig.File) error {
		f.RemoveTokens(copied)
		return nil
	})
	if err != nil {
		return false, withCode(exitWrite, err)
	}
	o.Note("removed the tokens from %s", theirs.Path)
	return true, nil
}

func newContextExportCmd(a *app) *cobra.Command {
	o := transferOptions{app: a}
	cmd := &cobra.Command{
		Use:   "export",
		Short: "Write contexts with their tokens to the configuration of sts",
		Long: `Write contexts with their tokens to the configuration of sts. Whoever can read that file has the tokens: others lose
their access to it. What else is in the file stays.

sts cannot keep tokens of Kubernetes service accounts: such contexts are written without.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return o.exportContexts(cmd.Context()) },
	}
	o.addFlags(cmd)
	return cmd
}

func (o *transferOptions) exportContexts(ctx context.Context) error {
	ours, err := o.existingConfig()
	if err != nil {
		return err
	}
	contexts, err := o.choose(ours)
	if err != nil {
		return err
	}
	path, err := o.path()
	if err != nil {
		return err
	}
	if _, err := stsconfig.Load(path); err != nil {
		return withCode(exitConfig, err)
	}
	for i := range contexts {
		if contexts[i].Context, err = o.opened(ctx, contexts[i], ours); err != nil {
			return err
		}
	}
	err = stsconfig.Edit(ctx, path, o.lock(), func(f *stsconfig.File) error {
		f.Private = true
		return o.add(f, contexts, ours.Current)
	})
	if _, ok := plugin.CodeOf(err); !ok {
		err = withCode(exitWrite, err)
	}
	if err != nil {
		return err
	}
	names := make([]string, 0, len(contexts))
	for _, c := range contexts {
		names = append(names, c.Name)
		if !o.json() {
			o.success("Exported context '%s' to %s", c.Name, path)
		}
	}
	if o.json() {
		return o.printJSON(map[string]any{"exported-contexts": names, "file": path})
	}
	return nil
}

// opened is a context as the real sts knows it, with its token.
func (o *transferOptions) opened(ctx context.Context, n stsconfig.Named, ours *stsconfig.File) (stsconfig.Context, error) {
	c := n.Context
	out := stsconfig.Context{
		URL: c.URL, APIToken: c.APIToken, ServiceToken: c.ServiceToken, APIPath: cmp.Or(c.APIPath, stackstate.DefaultAPIPath),
		AdminAPIPath: c.AdminAPIPath, SkipSSL: c.SkipSSL, CACertBase64Data: c.CACertBase64Data,
	}
	if c.SealedToken == "" || c.SealedTokenKind == string(stackstate.KindKubernetesToken) {
		if out.APIToken+out.ServiceToken == "" {
			o.Note("note: context '%s' is written without a token: sts keeps none of Kubernetes service accounts", n.Name)
		}
		return out, nil
	}
	s, err := resolve(&globalFlags{context: n.Name}, func(string) string { return "" }, ours)
	if err != nil {
		return out, err
	}
	token, err := o.token(ctx, s)
	if err != nil {
		return out, err
	}
	if c.SealedTokenKind == string(stackstate.KindAPIToken) {
		out.APIToken = token
	} else {
		out.ServiceToken = token
	}
	return out, nil
}
