package sts

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/kubectl-edge/kubectl-edge/pkg/hint"
	"github.com/kubectl-edge/kubectl-edge/pkg/stackstate"
	"github.com/kubectl-edge/kubectl-edge/pkg/stackstate/stsconfig"
)

func newContextCmd(a *app) *cobra.Command {
	save := saveOptions{app: a, name: stsconfig.DefaultContext}
	cmd := &cobra.Command{
		Use:   "context",
		Short: "Manage contexts: which StackState to use, and as whom",
		Long: `Manage contexts: which StackState to use, and as whom.

With --name or --url and no sub-command it saves a context, as "context save" does.`,
		Example: `  kubectl sts context --name prod --service-token-stdin --url https://acme.example.com < token
  kubectl sts context list`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if !cmd.Flags().Changed("name") && !cmd.Flags().Changed("url") {
				return cmd.Help()
			}
			return save.run(cmd.Context())
		},
	}
	save.addFlags(cmd.Flags())
	cmd.AddCommand(newContextSaveCmd(a), newContextListCmd(a), newContextShowCmd(a), newContextSetCmd(a),
		newContextDeleteCmd(a), newContextValidateCmd(a), newContextImportCmd(a), newContextExportCmd(a))
	return cmd
}

// existingConfig is the configuration for commands that make no sense without one.
func (a *app) existingConfig() (*stsconfig.File, error) {
	f, err := a.loadConfig()
	if err == nil && !f.Exists {
		err = withCode(exitConfig, hint.Wrap(fmt.Errorf("there is no configuration yet: %s", f.Path), "kubectl sts context save --url https://STACKSTATE"))
	}
	return f, err
}

func newContextListCmd(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "list",
		Short: "List contexts",
		Args:  cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			f, err := a.existingConfig()
			if err != nil {
				return err
			}
			if a.json() {
				return a.printJSON(map[string]any{"contexts": append([]stsconfig.Named{}, f.Contexts()...)})
			}
			var rows [][]string
			for _, c := range f.Contexts() {
				rows = append(rows, []string{c.Name, c.Context.URL})
			}
			return a.table(a.Out, []string{"NAME", "URL"}, rows, "No contexts found.")
		},
	}
}

func newContextShowCmd(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "show",
		Short: "Show the name of the current context",
		Long:  "Show the name of the current context; with -o json all of it but the token.",
		Args:  cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			f, err := a.existingConfig()
			if err != nil {
				return err
			}
			c, ok := f.Get(f.Current)
			if !ok {
				return noContext(f.Current, f.Path)
			}
			if a.json() {
				return a.printJSON(map[string]any{"current-context": c, "name": f.Current})
			}
			_, err = fmt.Fprintln(a.Out, hint.Printable(f.Current))
			return err
		},
	}
}

func newContextSetCmd(a *app) *cobra.Command {
	var name string
	cmd := &cobra.Command{
		Use:   "set --name NAME",
		Short: "Make a context the current one",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if _, err := a.existingConfig(); err != nil {
				return err
			}
			err := a.editConfig(cmd.Context(), func(f *stsconfig.File) error {
				if _, ok := f.Get(name); !ok {
					return noContext(name, f.Path)
				}
				f.SetCurrent(name)
				return nil
			})
			if err != nil {
				return err
			}
			if a.json() {
				return a.printJSON(map[string]string{"current-context": name})
			}
			fmt.Fprintf(a.Out, "Current context set to %s\n", hint.Printable(name))
			return nil
		},
	}
	nameFlag(cmd, &name)
	return cmd
}

func newContextDeleteCmd(a *app) *cobra.Command {
	var name string
	cmd := &cobra.Command{
		Use:   "delete --name NAME",
		Short: "Delete a context and its token",
		Long: `Delete a context and its token. The current context cannot be deleted.

What was minted with it stays until it ends: run kubectl sts logout before.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if _, err := a.existingConfig(); err != nil {
				return err
			}
			var sealed string
			err := a.editConfig(cmd.Context(), func(f *stsconfig.File) error {
				c, ok := f.Get(name)
				switch {
				case !ok:
					return noContext(name, f.Path)
				case name == f.Current:
					return usage(hint.Wrap(fmt.Errorf("context %q is the current one and cannot be deleted", name), "kubectl sts context set --name OTHER"))
				}
				sealed = c.SealedToken
				f.Delete(name)
				return nil
			})
			if err == nil && sealed != "" {
				err = withCode(exitWrite, a.secrets().Delete(sealed))
			}
			if err != nil {
				return err
			}
			if a.json() {
				return a.printJSON(map[string]string{"deleted context": name}) // with a blank, as sts has it
			}
			a.success("Deleted context '%s'", name)
			fmt.Fprintln(a.Out)
			return nil
		},
	}
	nameFlag(cmd, &name)
	return cmd
}

func newContextValidateCmd(a *app) *cobra.Command {
	var name string
	cmd := &cobra.Command{
		Use:   "validate [--name NAME]",
		Short: "Try the connection of a context",
		Long:  "Try the connection of a context, the current one by default, by what the configuration file says alone.",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			f, err := a.existingConfig()
			if err != nil {
				return err
			}
			s, err := resolve(&globalFlags{context: name}, func(string) string { return "" }, f)
			if err != nil {
				return err
			}
			client, err := a.client(cmd.Context(), s)
			if err != nil {
				return err
			}
			info, err := client.ServerInfo(cmd.Context())
			if err != nil {
				return a.explain(s, err)
			}
			if a.json() {
				return a.printJSON(map[string]any{"context": s.context, "server-info": info, "connected": true})
			}
			a.verified(s.url, info)
			a.success("Context %s is valid.", s.context)
			fmt.Fprintln(a.Out)
			return nil
		},
	}
	cmd.Flags().StringVarP(&name, "name", "n", "", "name of the context (default: the current one)")
	return cmd
}

func (a *app) verified(url string, info stackstate.ServerInfo) {
	version := "SUSE Observability version: " + info.Version.String()
	if info.PlatformVersion != "" {
		version = "Platform version: " + info.PlatformVersion
	}
	a.success("Connection verified to %s (%s)", url, version)
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

// forget removes a sealed token that nothing refers to any more. It failing costs nothing but the space.
func (a *app) forget(sealed string) {
	if sealed == "" {
		return
	}
	if err := a.secrets().Delete(sealed); err != nil {
		a.Warn("%v", err)
	}
}

// seal stores a token for the server at url under a new name, which it returns.
func (a *app) seal(token, url string) (string, error) {
	name := newSecretName()
	if err := a.secrets().Save(name, []byte(token), []byte(url)); err != nil {
		return "", withCode(exitWrite, err)
	}
	return name, nil
}
