package edgesandbox

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/spf13/cobra"

	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox"
)

// show prints what the sandbox answers to a GET.
func show(ctx context.Context, s streams, path string) error {
	var answer json.RawMessage
	if err := call(ctx, http.MethodGet, path, nil, &answer); err != nil {
		return err
	}
	return printJSON(s, answer)
}

func newInstanceCmd() *cobra.Command {
	var status string
	var credentials string
	var refuseCredentials int
	var readyAfterPolls int
	var readyIn time.Duration
	set := &cobra.Command{
		Use:     "set ID",
		Short:   "Change an instance",
		Example: "  edge-sandbox instance set " + sandbox.ReconcilingID + " --status " + sandbox.StatusActive,
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			change := map[string]any{}
			for _, f := range []struct {
				flag, member string
				value        any
			}{
				{"status", "status", status},
				{"credentials", "credentials", credentials},
				{"refuse-credentials", "refuseCredentials", refuseCredentials},
				{"ready-after-polls", "readyAfterPolls", readyAfterPolls},
				{"ready-in", "readyIn", sandbox.Duration(readyIn)},
			} {
				if cmd.Flags().Changed(f.flag) {
					change[f.member] = f.value
				}
			}
			return call(cmd.Context(), http.MethodPatch, "/sandbox/instances/"+url.PathEscape(args[0]), change, nil)
		},
	}
	f := set.Flags()
	f.StringVar(&status, "status", "", "status that the API reports")
	f.StringVar(&credentials, "credentials", "",
		"when there are tokens and kubeconfigs: minted, refused, or \"\" for by the status")
	f.IntVar(&refuseCredentials, "refuse-credentials", 0, "how many requests for them are answered 404 first")
	f.IntVar(&readyAfterPolls, "ready-after-polls", 0, "becomes active when it was asked for that often")
	f.DurationVar(&readyIn, "ready-in", 0, "becomes active after that time")
	cmd := &cobra.Command{Use: "instance", Short: "Change instances behind the API's back"}
	cmd.AddCommand(set, &cobra.Command{
		Use:   "end-tokens ID",
		Short: "End an instance's opaque tokens before their time; for JWTs see keys rotate",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			path := "/sandbox/instances/" + url.PathEscape(args[0]) + "/tokens"
			return call(cmd.Context(), http.MethodDelete, path, nil, nil)
		},
	})
	return cmd
}

func newKeysCmd() *cobra.Command {
	var request struct {
		Instance string `json:"instance"`
		KeepOld  bool   `json:"keepOld"`
	}
	rotate := &cobra.Command{
		Use:   "rotate",
		Short: "Sign with a new key, and withdraw the old one",
		Long: `Signs with a new key, and withdraws the old one. An API server knows of it when it sees a token of the
new key, and keeps tokens that it has accepted for up to ten seconds.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return call(cmd.Context(), http.MethodPost, "/sandbox/keys", request, nil)
		},
	}
	rotate.Flags().StringVar(&request.Instance, "instance", "",
		"ID of the instance whose issuer it is (default: the identity provider)")
	rotate.Flags().BoolVar(&request.KeepOld, "keep-old", false, "keep the old key published")
	cmd := &cobra.Command{Use: "keys", Short: "Signing keys"}
	cmd.AddCommand(rotate)
	return cmd
}

func newClockCmd(s streams) *cobra.Command {
	cmd := &cobra.Command{Use: "clock", Short: "Move the sandbox's clock; the API server keeps the machine's"}
	for use, sign := range map[string]time.Duration{"advance": 1, "rewind": -1} {
		cmd.AddCommand(&cobra.Command{
			Use:   use + " DURATION",
			Short: "Move the clock, and print the time",
			Args:  cobra.ExactArgs(1),
			RunE: func(cmd *cobra.Command, args []string) error {
				d, err := time.ParseDuration(args[0])
				if err != nil {
					return err
				}
				var answer struct{ Now string }
				request := map[string]any{"advance": sandbox.Duration(sign * d)}
				if err := call(cmd.Context(), http.MethodPost, "/sandbox/clock", request, &answer); err != nil {
					return err
				}
				_, err = fmt.Fprintln(s.Out, answer.Now)
				return err
			},
		})
	}
	return cmd
}

func newSettingsCmd(s streams) *cobra.Command {
	return &cobra.Command{
		Use:     "settings [JSON]",
		Short:   "Show the settings, or change some",
		Example: `  edge-sandbox settings '{"opaqueInstanceTokens": true}'`,
		Args:    cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return show(cmd.Context(), s, "/sandbox/settings")
			}
			if !json.Valid([]byte(args[0])) {
				return fmt.Errorf("settings %.80q: want a JSON object", args[0])
			}
			return call(cmd.Context(), http.MethodPatch, "/sandbox/settings", json.RawMessage(args[0]), nil)
		},
	}
}
