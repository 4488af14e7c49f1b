package edgesandbox

import (
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox"
)

func newKeysCmd(s streams) *cobra.Command {
	return group(s, "keys", "Signing keys", operation{
		pattern: "POST /sandbox/keys", use: "rotate",
		short: "Sign with a new key, and withdraw the old one",
		long: `Signs with a new key, and withdraws the old one. An API server knows of it when it sees a token of the
new key, and keeps tokens that it has accepted for up to ten seconds.`,
		example: "  edge-sandbox keys rotate --instance " + sandbox.InstanceID,
		flags: func(f *pflag.FlagSet) {
			f.String("instance", "", "ID of the instance whose issuer it is (default: the identity provider)")
			f.Bool("keep-old", false, "keep the old key published")
		},
	})
}

func newClockCmd(s streams) *cobra.Command {
	move := func(use, example string, sign time.Duration) operation {
		return operation{
			pattern: "POST /sandbox/clock", use: use + " DURATION", short: "Move the clock, and print the time",
			example: "  edge-sandbox clock " + use + " " + example, takes: []string{"advance"}, change: signed(sign),
			table: members("now"),
		}
	}
	return group(s, "clock", "Move the sandbox's clock; the API server keeps the machine's",
		move("advance", "20m", 1), move("rewind", "1h", -1))
}

// settingsFlags are all settings.
func settingsFlags(f *pflag.FlagSet) {
	for name, usage := range map[string]string{
		"clock-offset":            "what is added to the machine's clock",
		"access-token-lifetime":   "life of STACKIT access and ID tokens",
		"refresh-token-lifetime":  "life of a refresh token, unless used before",
		"session-lifetime":        "life of a sign-in: nothing that comes of it lives longer",
		"code-lifetime":           "life of an authorization code",
		"device-code-lifetime":    "life of a device code",
		"device-interval":         "how often the holder of a device code may ask",
		"refresh-grace":           "how long a used refresh token may be used again",
		"instance-token-lifetime": "life of instance tokens, whatever is asked for; 0 for what is asked for",
		"reconcile-time":          "how long a created or updated instance reconciles, and a deleted one takes to go",
		"enablement-time":         "how long a service takes to be enabled or disabled in a project",
	} {
		f.Duration(name, 0, usage)
	}
	for name, usage := range map[string]string{
		"no-device-flow":         "hide the device authorization endpoint",
		"no-revocation":          "hide the revocation endpoint",
		"opaque-instance-tokens": "make instance tokens that are not JWTs",
		"own-servers":            "instances that are created get an API server of their own",
		"local-ui":               "instances name the sandbox's own web UI as theirs",
	} {
		f.Bool(name, false, usage)
	}
	_ = f.SetAnnotation("local-ui", memberAnnotation, []string{"localUI"}) // the flag exists
}

func newSettingsCmd(s streams) *cobra.Command {
	change := operation{pattern: "PATCH /sandbox/settings", use: "settings", flags: settingsFlags}
	cmd := &cobra.Command{
		Use:   "settings [JSON]",
		Short: "Show the settings, or change some, by flags or as JSON",
		Example: `  edge-sandbox settings --reconcile-time 1s --opaque-instance-tokens
  edge-sandbox settings '{"opaqueInstanceTokens": true}'`,
		Annotations: map[string]string{annotation: "GET /sandbox/settings\n" + change.pattern},
		Args:        cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			body, err := change.body(cmd.Flags(), nil)
			switch {
			case err != nil:
				return err
			case len(args) == 0 && len(body) == 0:
				return show(cmd.Context(), s, "/sandbox/settings")
			case len(args) == 1 && len(body) > 0:
				return fmt.Errorf("settings by flags and as JSON: want one of them")
			case len(args) == 1 && !json.Valid([]byte(args[0])):
				return fmt.Errorf("settings %.80q: want a JSON object", args[0])
			case len(args) == 1:
				return call(cmd.Context(), http.MethodPatch, "/sandbox/settings", json.RawMessage(args[0]), nil)
			}
			return call(cmd.Context(), http.MethodPatch, "/sandbox/settings", body, nil)
		},
	}
	settingsFlags(cmd.Flags())
	return cmd
}

func newOperationsCmd(s streams) *cobra.Command {
	return operation{
		pattern: "GET /sandbox/{$}", use: "operations", short: "List what can be asked of the control address",
		example: "  edge-sandbox operations", table: lines,
	}.command(s)
}

func newCACmd(s streams) *cobra.Command {
	return &cobra.Command{
		Use: "ca", Short: "Print the certificate of the sandbox's certificate authority", Args: cobra.NoArgs,
		Example:     "  edge-sandbox ca >ca.pem",
		Annotations: map[string]string{annotation: "GET /sandbox/ca.pem"},
		RunE: func(cmd *cobra.Command, _ []string) error {
			pem, err := get(cmd.Context(), "/sandbox/ca.pem")
			if err == nil {
				_, err = s.Out.Write(pem)
			}
			return err
		},
	}
}
