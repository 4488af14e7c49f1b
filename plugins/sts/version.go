package sts

import (
	"cmp"

	"github.com/spf13/cobra"
)

// cliType says in the place of sts's own cli-type ("local", "saas") which command line answered.
const cliType = "kubectl-sts"

// versionInfo is what sts prints about itself with -o json, and what else there is to know of a build.
type versionInfo struct {
	Version   string `json:"version"`
	Commit    string `json:"commit"`
	BuildDate string `json:"build-date"`
	CLIType   string `json:"cli-type"`
	Go        string `json:"go"`
	Platform  string `json:"platform"`
}

func newVersionCmd(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Show which build of kubectl sts this is",
		Long: `Show which build of kubectl sts this is, as sts version does for sts. It asks no server.

kubectl sts version --pass-through runs sts itself.`,
		Example: `  kubectl sts version
  kubectl sts version -o json`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if pass, err := cmd.Flags().GetBool("pass-through"); err == nil && pass {
				return a.runForeign(cmd.Context(), []string{"version", "--pass-through", "--output", a.output})
			}
			v := versionInfo{Version: a.Build.Version, Commit: a.Build.Commit, BuildDate: a.Build.Date,
				CLIType: cliType,
				Go:      a.Build.Go, Platform: a.Build.Platform}
			if a.json() {
				return a.printJSON(v)
			}
			row := []string{v.Version, cmp.Or(v.BuildDate, "-"), cmp.Or(v.Commit, "-"), v.CLIType, v.Go, v.Platform}
			header := []string{"VERSION", "BUILD DATE", "COMMIT", "CLI TYPE", "GO", "PLATFORM"}
			return a.table(a.Out, header, [][]string{row}, "")
		},
	}
}
