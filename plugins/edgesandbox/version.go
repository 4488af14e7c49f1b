package edgesandbox

import (
	"io"

	"github.com/spf13/cobra"

	"github.com/kubectl-edge/kubectl-edge/pkg/buildinfo"
)

func newVersionCmd(s streams, build buildinfo.Info) *cobra.Command {
	var format string
	cmd := &cobra.Command{
		Use:     "version",
		Short:   "Show which build this is",
		Example: `  edge-sandbox version -o json`,
		Args:    cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			if err := build.Write(io.Discard, format); err != nil {
				return usage(err)
			}
			return build.Write(s.Out, format)
		},
	}
	cmd.Flags().StringVarP(&format, "output", "o", "", "output format: "+buildinfo.Formats)
	return cmd
}
