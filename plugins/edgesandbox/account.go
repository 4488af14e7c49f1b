package edgesandbox

import (
	"encoding/json"
	"fmt"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox"
)

// accountFlags are what can be set of an account.
func accountFlags(f *pflag.FlagSet) {
	f.String("role", "", "edge.admin, edge.reader, or \"\" for none (default of a new account: edge.admin)")
	f.StringSlice("projects", nil, "IDs of the projects in which it has the role (default: all)")
}

func newAccountCmd(s streams) *cobra.Command {
	const of = "/sandbox/accounts/{email}"
	const key = "/sandbox/service-accounts/{email}"
	return group(s, "account", "Add people and service accounts, and change what they may do",
		operation{
			pattern: "GET /sandbox/accounts", use: "list", short: "List people and service accounts",
			example: "  edge-sandbox account list\n  edge-sandbox account list -o json",
			table: columns("E-MAIL\tKIND\tROLE\tPROJECTS", func(a map[string]any) []any {
				projects := "all"
				if ids, ok := a["projects"].([]any); ok && len(ids) > 0 {
					projects = fmt.Sprint(ids...)
				}
				return []any{a["email"], a["kind"], a["role"], projects}
			}),
		},
		operation{
			pattern: "POST /sandbox/accounts", use: "add NAME",
			short: "Add a service account, or with an e-mail address a person",
			long: `Adds a service account, whose address is made of the name, or a person if NAME is an e-mail address.
It prints the address, and the password of a person on a second line if it was made: both are test data.`,
			example: "  edge-sandbox account add ci --role edge.reader\n  edge-sandbox account add eve@example.com",
			takes:   []string{"name"},
			flags: func(f *pflag.FlagSet) {
				accountFlags(f)
				addFileFlag(f, "password-file", "password", "file with the password of a person (default: one is made)")
			},
			table: members("email", "password"),
		},
		operation{
			pattern: "PATCH " + of, use: "set E-MAIL", short: "Change the role of an account",
			example: "  edge-sandbox account set " + sandbox.AdminUser + " --role edge.reader",
			flags:   accountFlags,
		},
		operation{
			pattern: "DELETE " + of, use: "remove E-MAIL", short: "Remove an account",
			example: "  edge-sandbox account remove " + sandbox.ReaderUser,
		},
		operation{
			pattern: "DELETE " + of + "/sessions", use: "end-sessions E-MAIL",
			short:   "End all sign-ins of a person, and all that came of them",
			example: "  edge-sandbox account end-sessions " + sandbox.AdminUser,
		},
		operation{
			pattern: "DELETE " + of + "/refresh-tokens", use: "end-refresh-tokens E-MAIL",
			short:   "End a person's sign-ins, but let the access tokens live that were given out",
			example: "  edge-sandbox account end-refresh-tokens " + sandbox.AdminUser,
		},
		operation{
			pattern: "DELETE " + of + "/access-tokens", use: "end-access-tokens E-MAIL",
			short:   "Refuse the access tokens that an account was given until now",
			example: "  edge-sandbox account end-access-tokens " + sandbox.AdminServiceAccount,
		},
		operation{
			pattern: "GET " + key + "/key", use: "key E-MAIL", short: "Print the key file of a service account",
			example: "  edge-sandbox account key " + sandbox.ReaderServiceAccount + " >reader.json",
			table:   whole,
		},
		operation{
			pattern: "DELETE " + key + "/key", use: "revoke-key E-MAIL",
			short:   "Delete the key of a service account; the next one is another",
			example: "  edge-sandbox account revoke-key " + sandbox.AdminServiceAccount,
		},
		operation{
			pattern: "POST " + key + "/federated-providers", use: "trust E-MAIL",
			short: "Have a service account trust an issuer of workload tokens",
			example: "  edge-sandbox account trust " + sandbox.AdminServiceAccount +
				" --issuer https://token.actions.githubusercontent.com --claims aud=sts.accounts.stackit.cloud" +
				" --jwks keys.json",
			flags: func(f *pflag.FlagSet) {
				f.String("issuer", "", "its URL")
				f.StringToString("claims", nil, "claims that a token must have, NAME=VALUE")
				addFileFlag(f, "jwks", "jwks", "file with its keys (RFC 7517); not needed for the sandbox's own issuer")
			},
			change: func(body map[string]any) error {
				if keys, ok := body["jwks"].(string); ok {
					body["jwks"] = json.RawMessage(keys)
					if !json.Valid([]byte(keys)) {
						return fmt.Errorf("the file of --jwks is not JSON")
					}
				}
				return nil
			},
		},
		operation{
			pattern: "DELETE " + key + "/federated-providers", use: "distrust E-MAIL",
			short:   "Have a service account trust no issuer of workload tokens any more",
			example: "  edge-sandbox account distrust " + sandbox.AdminServiceAccount,
		},
		operation{
			pattern: "POST /sandbox/workload-tokens", use: "workload-token [flags]",
			short: "Print a token of the sandbox's own workload issuer",
			example: "  edge-sandbox account workload-token --claims sub=" + sandbox.GitHubSubject +
				",aud=" + sandbox.WorkloadAudience,
			flags: func(f *pflag.FlagSet) {
				f.StringToString("claims", nil, "claims in place of the usual ones, NAME=VALUE")
			},
			change: func(body map[string]any) error {
				claims, _ := body["claims"].(map[string]string)
				delete(body, "claims")
				for name, value := range claims {
					body[name] = value
				}
				return nil
			},
			table: members("token"),
		},
	)
}
