package edge

import (
	"cmp"
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/kubectl-edge/kubectl-edge/pkg/buildinfo"
	"github.com/kubectl-edge/kubectl-edge/pkg/hint"
	"github.com/kubectl-edge/kubectl-edge/pkg/kubeconfig"
	"github.com/kubectl-edge/kubectl-edge/pkg/output"
)

// versions is what version says: this build, the helpers that go with it, and what PATH hides.
type versions struct {
	buildinfo.Info
	Helpers []helper `json:"helpers"`
	Hidden  []hidden `json:"hidden"`
}

func newVersionCmd(a *app) *cobra.Command {
	var out output.Flags
	cmd := &cobra.Command{
		Use:   "version",
		Short: "Show which build this is, and whether the credential helper is of the same",
		Long: `Show which build this is, and whether the credential helper is of the same.

It looks at the helper that is in PATH and at those that the contexts of the kubeconfig call, and asks each for its
version. One that is missing or of another version is a warning, and so is a second installation of another version
further along PATH; kubectl edge doctor looks further.`,
		Example: `  kubectl edge version
  kubectl edge version -o json`,
		Args: cobra.NoArgs,
		// It is asked for first when nothing works, so it needs neither folders nor configuration.
		PersistentPreRunE: func(*cobra.Command, []string) error { return nil },
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := out.Validate(cmd.Context()); err != nil {
				return usageError{err}
			}
			ctx := cmd.Context()
			v := versions{Info: a.Build, Helpers: a.knownHelpers(ctx), Hidden: a.hiddenPrograms(ctx)}
			if err := ctx.Err(); err != nil {
				return err
			}
			if err := a.printVersions(out, v); err != nil {
				return err
			}
			a.compare(v)
			return nil
		},
	}
	out.AddFlags(cmd.Flags())
	return cmd
}

// knownHelpers are the helpers; of a kubeconfig that cannot be read there are none.
func (a *app) knownHelpers(ctx context.Context) []helper {
	config, err := kubeconfig.Load(ctx, "")
	if err != nil {
		a.Warn("%v", err)
		return []helper{}
	}
	return a.helpers(ctx, config)
}

func (a *app) printVersions(out output.Flags, v versions) error {
	if out.Format != "" {
		return output.One(a.Out, out, versionKind(), v)
	}
	rows := v.Rows()
	for _, h := range v.Helpers {
		value := "none in PATH"
		if h.Path != "" {
			value = fmt.Sprintf("%s, version %s", h.Path, cmp.Or(h.Version, "unknown"))
		} else if len(h.Contexts) > 0 {
			value = "missing"
		}
		rows = append(rows, buildinfo.Row{Name: "Helper", Value: hint.Printable(value)})
	}
	return buildinfo.WriteRows(a.Out, rows)
}

// compare says which programs do not fit this build, and what to do.
func (a *app) compare(v versions) {
	next := ""
	for _, h := range v.Helpers {
		switch {
		case h.err != nil:
			a.Warn("%v", h.err)
			next = cmp.Or(next, installHelper())
		case h.Version != a.Build.Version:
			a.Warn("%s", h.differs(a.Build))
			next = upgradeBoth()
		}
	}
	for _, h := range v.Hidden {
		a.Warn("%s", h)
		next = keepOne()
	}
	if next != "" {
		a.Note("hint: %s", next)
	}
}

func versionKind() output.Kind[versions] {
	return output.Kind[versions]{
		Name: "Version",
		ID:   func(versions) string { return programName },
		Columns: []output.Column[versions]{
			{Name: "VERSION", Value: func(v versions) string { return v.Version }},
			{Name: "COMMIT", Value: func(v versions) string { return v.Commit }},
			{Name: "DATE", Value: func(v versions) string { return v.Date }},
			{Name: "GO", Value: func(v versions) string { return v.Go }},
			{Name: "PLATFORM", Value: func(v versions) string { return v.Platform }},
			{Name: "HELPERS", Value: func(v versions) string {
				var all []string
				for _, h := range v.Helpers {
					all = append(all, cmp.Or(h.Version, "unknown"))
				}
				return strings.Join(all, ",")
			}},
		},
	}
}
