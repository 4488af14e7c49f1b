package sts

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/kubectl-edge/kubectl-edge/pkg/hint"
	"github.com/kubectl-edge/kubectl-edge/pkg/plugin"
	"github.com/kubectl-edge/kubectl-edge/pkg/stackstate/stsconfig"
)

func newContextImportCmd(a *app) *cobra.Command {
	o := transferOptions{app: a}
	cmd := &cobra.Command{
		Use:   "import",
		Short: "Take over the contexts of sts",
		Long: `Take over the contexts of sts. Their tokens are sealed in a store of yours.

The configuration file of sts can be read by everybody on this machine. With --remove-secrets, or if you say so when
asked, the tokens are removed from it; sts then needs them from elsewhere, such as kubectl sts run.

A context that cannot be used is named and passed over; the exit code is 1 then.`,
		Example: `  kubectl sts context import --remove-secrets`,
		Args:    cobra.NoArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return o.importContexts(cmd.Context()) },
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
	if err := o.takeOver(ctx, contexts, theirs.Current); err != nil {
		return err
	}
	if !o.json() {
		for _, c := range contexts {
			o.success("Imported context '%s'", c.Name)
		}
	}
	cleaned, err := o.offerRemoval(ctx, path, contexts)
	if err != nil {
		return err
	}
	if o.json() {
		if err := o.printJSON(map[string]any{"imported-contexts": namesOf(contexts),
			"secrets-removed": cleaned}); err != nil {
			return err
		}
	}
	return o.outcome()
}

// takeOver puts contexts of sts into our configuration, with their tokens sealed.
func (o *transferOptions) takeOver(ctx context.Context, contexts []stsconfig.Named, current string) error {
	if len(contexts) == 0 {
		return nil
	}
	var sealed, replaced []string
	err := o.editConfig(ctx, func(f *stsconfig.File) error {
		var ours []stsconfig.Named
		for i, c := range contexts {
			old, exists := f.Get(c.Name)
			if exists && o.removeSecrets && o.takenOver(c, old) {
				continue // by a run that was interrupted before it removed the tokens
			}
			if exists && !o.overwrite {
				return o.add(f, contexts[i:i+1], current) // which says so
			}
			n, err := o.sealed(c, old)
			if err != nil {
				return err
			}
			if name := n.Context.SealedToken; name != old.SealedToken {
				sealed, replaced = append(sealed, name), append(replaced, old.SealedToken)
			}
			ours = append(ours, n)
		}
		return o.add(f, ours, current)
	})
	if err != nil {
		replaced = sealed // nothing refers to the new ones
	}
	for _, name := range replaced {
		o.forget(name)
	}
	return err
}

// takenOver reports whether ours is the context of sts already, with its token.
func (o *transferOptions) takenOver(theirs stsconfig.Named, ours stsconfig.Context) bool {
	kind, token := tokenOf(theirs.Context)
	return token != "" && ours.SealedTokenKind == string(kind) &&
		o.holds(ours, strings.TrimRight(theirs.Context.URL, "/"), token)
}

// sealed is a context of sts as we keep it. What sts does not know of it stays as it is in old, if that is of the same
// server.
func (o *transferOptions) sealed(n stsconfig.Named, old stsconfig.Context) (stsconfig.Named, error) {
	kind, token := tokenOf(n.Context)
	c := n.Context
	c.URL, c.APIToken, c.ServiceToken = strings.TrimRight(c.URL, "/"), "", ""
	if old.URL == c.URL {
		c.Roles = old.Roles
	}
	switch {
	case token != "":
		var err error
		if c.SealedToken, err = o.seal(token, c.URL); err != nil {
			return n, err
		}
		c.SealedTokenKind = string(kind)
	case old.URL == c.URL:
		c.SealedToken, c.SealedTokenKind, c.TokenPath = old.SealedToken, old.SealedTokenKind, old.TokenPath
		c.ServiceAccount, c.Audiences = old.ServiceAccount, old.Audiences
		c.Kubeconfig, c.KubernetesContext = old.Kubeconfig, old.KubernetesContext
	}
	return stsconfig.Named{Name: n.Name, Context: c}, nil
}

// offerRemoval removes the tokens of the imported contexts from the file of sts, if that is wanted.
func (o *transferOptions) offerRemoval(ctx context.Context, path string, imported []stsconfig.Named) (bool, error) {
	var copied []stsconfig.Named
	for _, c := range imported {
		if _, token := tokenOf(c.Context); token != "" {
			copied = append(copied, c)
		}
	}
	if len(copied) == 0 {
		return false, nil
	}
	if !o.removeSecrets {
		if !plugin.Terminal(o.In) {
			o.Note("note: the tokens are still in %s; --remove-secrets removes them", path)
			return false, nil
		}
		yes, err := o.Ask(ctx, fmt.Sprintf("Remove the tokens from %s, where others can read them?", path))
		if err != nil || !yes {
			return false, err
		}
	}
	err := stsconfig.Edit(ctx, path, o.lock(), func(f *stsconfig.File) error {
		f.RemoveTokens(copied)
		return nil
	})
	if err := errors.Join(err, stillThere(path, copied)); err != nil {
		return false, withCode(exitWrite, hint.Wrap(err,
			"the tokens are imported; remove them there by hand, or delete the file"))
	}
	o.Note("removed the tokens from %s", path)
	return true, nil
}

// stillThere says where tokens are in a file. A token can stand outside of its context: as an anchor that it refers to,
// in another document, in a comment.
func stillThere(path string, copied []stsconfig.Named) error {
	data, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("look for tokens: %w", err)
	}
	var errs []error
	number := 0
	for line := range bytes.Lines(data) {
		number++
		for _, c := range copied {
			if _, token := tokenOf(c.Context); bytes.Contains(line, []byte(token)) {
				errs = append(errs, fmt.Errorf("the token of context %q is still in %s, line %d", c.Name, path, number))
			}
		}
	}
	return errors.Join(errs...)
}
