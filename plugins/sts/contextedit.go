package sts

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/kubectl-edge/kubectl-edge/pkg/hint"
	"github.com/kubectl-edge/kubectl-edge/pkg/plugin"
	"github.com/kubectl-edge/kubectl-edge/pkg/secretstore"
	"github.com/kubectl-edge/kubectl-edge/pkg/stackstate/stsconfig"
)

// editContext changes the context of this name in a configuration that there is.
func (a *app) editContext(ctx context.Context, name string,
	change func(*stsconfig.File, stsconfig.Context) error) error {
	if _, err := a.existingConfig(); err != nil {
		return err
	}
	return a.editConfig(ctx, func(f *stsconfig.File) error {
		c, ok := f.Get(name)
		if !ok {
			return noContext(name, f)
		}
		return change(f, c)
	})
}

func newContextSetCmd(a *app) *cobra.Command {
	var name string
	cmd := &cobra.Command{
		Use: "set --name NAME", SuggestFor: []string{"use", "switch", "select", "use-context"},
		Short:   "Make a context the current one",
		Example: `  kubectl sts context set --name prod`,
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			err := a.editContext(cmd.Context(), name, func(f *stsconfig.File, _ stsconfig.Context) error {
				f.SetCurrent(name)
				return nil
			})
			if err != nil {
				return err
			}
			if a.json() {
				return a.printJSON(map[string]string{"current-context": name})
			}
			_, err = fmt.Fprintf(a.Out, "Current context set to %s\n", hint.Printable(name))
			return err
		},
	}
	nameFlag(cmd, &name)
	return cmd
}

func newContextDeleteCmd(a *app) *cobra.Command {
	var name string
	var yes bool
	cmd := &cobra.Command{
		Use:   "delete --name NAME",
		Short: "Delete a context and its token",
		Long: `Delete a context and its token. The current context can be deleted if it is the last one, or with
--yes; on a terminal you are asked before the last one goes.

What was minted with it stays on the server until it ends: kubectl sts logout before, or logout --all, deletes it.`,
		Example: `  kubectl sts context delete --name prod`,
		Args:    cobra.NoArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return a.deleteContext(cmd.Context(), name, yes) },
	}
	nameFlag(cmd, &name)
	cmd.Flags().BoolVarP(&yes, "yes", "y", false, "do not ask, and delete the current context, too")
	return cmd
}

func (a *app) deleteContext(ctx context.Context, name string, yes bool) error {
	f, err := a.existingConfig()
	if err != nil {
		return err
	}
	if _, ok := f.Get(name); ok && len(f.Contexts()) == 1 && plugin.Terminal(a.In) {
		if err := a.Confirm(ctx, yes, fmt.Sprintf("Delete the last context '%s' with its token?", name)); err != nil {
			return err
		}
	}
	var deleted stsconfig.Context
	err = a.editContext(ctx, name, func(f *stsconfig.File, c stsconfig.Context) (err error) {
		if name == f.Current {
			if len(f.Contexts()) > 1 && !yes {
				return usage(hint.Wrap(fmt.Errorf("context %q is the current one and cannot be deleted", name),
					"kubectl sts context set --name OTHER, or add --yes to have no current one"))
			}
			f.SetCurrent("")
		}
		deleted = c
		f.Delete(name)
		// The token goes first: where the rest is interrupted, the context is still there to be deleted again.
		if c.SealedToken != "" {
			err = withCode(exitWrite, a.secrets().Delete(c.SealedToken))
		}
		return err
	})
	if err != nil {
		return err
	}
	a.noteMinted(name, deleted.URL)
	if a.json() {
		return a.printJSON(map[string]string{"deleted context": name}) // with a blank, as sts has it
	}
	a.success("Deleted context '%s'", name)
	_, err = fmt.Fprintln(a.Out)
	return err
}

// noteMinted says what was minted with a context that is gone.
func (a *app) noteMinted(name, url string) {
	records, err := a.journal().List(url)
	if err != nil {
		return // logout says so
	}
	left := 0
	for _, r := range records {
		if r.Context == name && a.Now().Before(r.Expires) {
			left++
		}
	}
	if left > 0 {
		a.Note("note: minted tokens that are still on %s: %d; kubectl sts logout --all deletes them", url, left)
	}
}

func newContextRotateKeyCmd(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "rotate-key",
		Short: "Seal all tokens of contexts under a new key",
		Long: `Seal all tokens of contexts under a new key.

The new key goes to the system's keyring where there is one, so this also takes a key out of its file once there is a
keyring. It can be interrupted at any point.`,
		Example: `  kubectl sts context rotate-key`,
		Args:    cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			secrets := a.secrets()
			if err := secrets.RotateKey(); err != nil {
				return withCode(exitWrite, hint.Wrap(err,
					"kubectl sts context save --name NAME --url URL gives a context whose token cannot be opened a "+
						"new one"))
			}
			l, err := secrets.Location()
			if err != nil {
				return withCode(exitRead, err)
			}
			if a.json() {
				return a.printJSON(map[string]any{"key": l})
			}
			switch l.KeyIn {
			case secretstore.InKeyring:
				a.success("Sealed all tokens under a new key, which is in the system's keyring")
			case secretstore.InFile:
				a.success("Sealed all tokens under a new key, which is in a file only you can read, %s: %s", l.Path,
					l.Reason)
			default:
				a.success("There are no sealed tokens")
			}
			return nil
		},
	}
}

// nameFlag adds -n/--name, which is required.
func nameFlag(cmd *cobra.Command, name *string) {
	cmd.Flags().StringVarP(name, "name", "n", "", "name of the context (required)")
	cmd.PreRunE = func(*cobra.Command, []string) error {
		if *name == "" {
			return usage(hint.Wrap(errors.New(`required flag "name" is not set`), "%s --help", cmd.CommandPath()))
		}
		return nil
	}
}
