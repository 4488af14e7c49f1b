package sts

import (
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
		newContextDeleteCmd(a), newContextValidateCmd(a), newContextRotateKeyCmd(a),
		newContextImportCmd(a), newContextExportCmd(a))
	return cmd
}

// existingConfig is the configuration for commands that make no sense without one.
func (a *app) existingConfig() (*stsconfig.File, error) {
	f, err := a.loadConfig()
	if err == nil && !f.Exists {
		err = withCode(exitConfig, hint.Wrap(fmt.Errorf("there is no configuration yet: %s", f.Path),
			"kubectl sts context save --url https://STACKSTATE"))
	}
	return f, err
}

func newContextListCmd(a *app) *cobra.Command {
	return &cobra.Command{
		Use:     "list",
		Short:   "List contexts",
		Example: `  kubectl sts context list`,
		Args:    cobra.NoArgs,
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
		Example: `  kubectl sts context show
  kubectl sts context show -o json`,
		Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			f, err := a.existingConfig()
			if err != nil {
				return err
			}
			c, ok := f.Get(f.Current)
			if !ok {
				return noContext(f.Current, f)
			}
			if a.json() {
				return a.printJSON(map[string]any{"current-context": c, "name": f.Current})
			}
			_, err = fmt.Fprintln(a.Out, hint.Printable(f.Current))
			return err
		},
	}
}

func newContextValidateCmd(a *app) *cobra.Command {
	var name string
	cmd := &cobra.Command{
		Use:        "validate [--name NAME]",
		SuggestFor: []string{"check", "doctor", "status", "test"},
		Short:      "Try the connection of a context",
		Long: "Try the connection of a context, the current one by default, by what the configuration file says " +
			"alone.",
		Example: `  kubectl sts context validate --name prod`,
		Args:    cobra.NoArgs,
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
			_, err = fmt.Fprintln(a.Out)
			return err
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
