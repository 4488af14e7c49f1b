package edgesandbox

import (
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox/fault"
	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox/stackstate"
)

func newFaultCmd(s streams) *cobra.Command {
	cmd := &cobra.Command{Use: "fault", Short: "Make requests fail the way gateways and networks do"}
	cmd.AddCommand(newFaultAddCmd(), newFaultListCmd(s), &cobra.Command{
		Use:   "clear",
		Short: "Remove all faults, and free the requests that hang",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return call(cmd.Context(), http.MethodDelete, "/sandbox/faults", nil, nil)
		},
	})
	return cmd
}

func newFaultAddCmd() *cobra.Command {
	var added fault.Fault
	var delay time.Duration
	cmd := &cobra.Command{
		Use:   "add",
		Short: "Add a fault",
		Example: `  edge-sandbox fault add --path /edge/ --preset bad-gateway --times 2
  edge-sandbox fault add --path /stackstate/ --preset internal-error
  edge-sandbox fault add --method GET --path '/edge/v1beta1/projects/*/regions/*/instances' --hang`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			added.Delay = fault.Duration(delay)
			return call(cmd.Context(), http.MethodPost, "/sandbox/faults", added, nil)
		},
	}
	f := cmd.Flags()
	f.StringVar(&added.Method, "method", "", "only requests of this method")
	f.StringVar(&added.Path, "path", "", "only requests of this path: a pattern, or a prefix that ends in /")
	f.StringVar(&added.Preset, "preset", "", "what gateways are known to answer: "+strings.Join(presets(), ", "))
	f.BoolVar(&added.CarriedOut, "carried-out", false, "do what the request asks for first: only the answer is lost")
	f.IntVar(&added.After, "after", 0, "how many requests pass first")
	f.IntVar(&added.Times, "times", 0, "how many requests fail then, 0 for all")
	f.DurationVar(&delay, "delay", 0, "wait before the answer")
	f.BoolVar(&added.Hang, "hang", false, "do not answer")
	f.BoolVar(&added.Cut, "cut", false, "close the connection, with --status in the middle of the body")
	f.IntVar(&added.Status, "status", 0, "status code to answer with")
	f.StringToStringVar(&added.Header, "header", nil, "header to answer with, NAME=VALUE")
	f.StringVar(&added.ContentType, "content-type", "", "content type to answer with")
	f.StringVar(&added.Body, "body", "", "body to answer with")
	return cmd
}

// presets are those of STACKIT's APIs and of StackState.
func presets() []string {
	names := slices.AppendSeq(fault.Presets(), maps.Keys(stackstate.Presets()))
	slices.Sort(names)
	return slices.Compact(names)
}

func newFaultListCmd(s streams) *cobra.Command {
	return &cobra.Command{
		Use:   "list",
		Short: "Show the faults in force, as JSON",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return show(cmd.Context(), s, "/sandbox/faults")
		},
	}
}

// printJSON writes v, indented.
func printJSON(s streams, v any) error {
	enc := json.NewEncoder(s.Out)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(v)
}
