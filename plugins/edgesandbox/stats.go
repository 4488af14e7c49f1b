package edgesandbox

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox"
)

func newStatsCmd(s streams) *cobra.Command {
	var output string
	cmd := &cobra.Command{
		Use:     "stats",
		Short:   "Show what the sandbox has minted",
		Args:    cobra.NoArgs,
		Example: "  edge-sandbox stats\n  edge-sandbox stats -o json",
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := jsonOrTable(output); err != nil {
				return err
			}
			var stats sandbox.Stats
			if err := call(cmd.Context(), http.MethodGet, "/sandbox/stats", nil, &stats); err != nil {
				return err
			}
			if output == "json" {
				return printJSON(s, stats)
			}
			w := tabwriter.NewWriter(s.Out, 0, 0, 3, ' ', 0)
			fmt.Fprintln(w, "INSTANCE\tTOKENS\tKUBECONFIGS")
			for _, id := range slices.Sorted(maps.Keys(stats.Mints)) {
				fmt.Fprintf(w, "%s\t%d\t%d\n", id, stats.Mints[id].Token, stats.Mints[id].Kubeconfig)
			}
			return w.Flush()
		},
	}
	cmd.Flags().StringVarP(&output, "output", "o", "", "json, for all counters")
	cmd.Annotations = map[string]string{annotation: "GET /sandbox/stats"}
	cmd.AddCommand(operation{
		pattern: "DELETE /sandbox/stats", use: "reset", short: "Set all counters to zero",
		example: "  edge-sandbox stats reset",
	}.command(s))
	return cmd
}
