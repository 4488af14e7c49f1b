package edgesandbox

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox/fault"
	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox/stackstate"
)

func newFaultCmd(s streams) *cobra.Command {
	return group(s, "fault", "Make requests fail the way gateways and networks do",
		operation{
			pattern: "POST /sandbox/faults", use: "add", short: "Add a fault",
			example: `  edge-sandbox fault add --path /edge/ --preset bad-gateway --times 2
  edge-sandbox fault add --path /stackstate/ --preset internal-error
  edge-sandbox fault add --method GET --path '/edge/v1beta1/projects/*/regions/*/instances' --hang`,
			flags: faultFlags,
		},
		operation{
			pattern: "GET /sandbox/faults", use: "list", short: "Show the faults in force, as JSON",
			example: "  edge-sandbox fault list", table: whole,
		},
		operation{
			pattern: "GET /sandbox/presets", use: "presets", short: "List the presets",
			example: "  edge-sandbox fault presets", table: lines,
		},
		operation{
			pattern: "DELETE /sandbox/faults", use: "clear",
			short: "Remove all faults, and free the requests that hang", example: "  edge-sandbox fault clear",
		},
	)
}

func faultFlags(f *pflag.FlagSet) {
	f.String("method", "", "only requests of this method")
	f.String("path", "", "only requests of this path: a pattern, or a prefix that ends in /")
	addFileFlag(f, "token-file", "token", "only requests with the bearer token in this file")
	f.String("preset", "", "what gateways are known to answer: "+strings.Join(presets(), ", "))
	f.Bool("carried-out", false, "do what the request asks for first: only the answer is lost")
	f.Int("after", 0, "how many requests pass first")
	f.Int("times", 0, "how many requests fail then, 0 for all")
	f.Duration("delay", 0, "wait before the answer")
	f.Bool("hang", false, "do not answer")
	f.Bool("cut", false, "close the connection, with --status in the middle of the body")
	f.Int("status", 0, "status code to answer with")
	f.StringToString("header", nil, "header to answer with, NAME=VALUE")
	f.String("content-type", "", "content type to answer with")
	f.String("body", "", "body to answer with")
}

// presets are those of STACKIT's APIs and of StackState.
func presets() []string {
	names := slices.AppendSeq(fault.Presets(), maps.Keys(stackstate.Presets()))
	slices.Sort(names)
	return slices.Compact(names)
}

// printJSON writes v, indented.
func printJSON(s streams, v any) error {
	enc := json.NewEncoder(s.Out)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(v)
}
