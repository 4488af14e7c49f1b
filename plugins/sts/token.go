package sts

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/kubectl-edge/kubectl-edge/pkg/stackstate"
	"github.com/kubectl-edge/kubectl-edge/pkg/tokencache"
)

func newTokenCmd(a *app) *cobra.Command {
	o := mintOptions{app: a}
	var format string
	cmd := &cobra.Command{
		Use:   "token --roles ROLE[,ROLE...]",
		Short: "Print a service token that is minted for a while",
		Long: `Print a service token that is minted for a while, from the cache while at least half
of its life is left, or --min-life. The next one is minted in the background before that, so that nobody waits for it.

Output formats (-o): text, the token; json; header, a line for curl -H @-; env, lines NAME=VALUE for a file of
variables.`,
		Example: `  kubectl sts token --roles stackstate-k8s-troubleshooter --ttl 15m
  kubectl sts token --roles stackstate-guest -o header | curl -H @- https://acme.example.com/api/server/status`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			s, err := a.settings(cmd.Context())
			if err != nil {
				return err
			}
			e, err := o.cached(cmd.Context(), s, "")
			if err != nil {
				return err
			}
			if o.ahead {
				return nil
			}
			return a.printToken(format, s, e)
		},
	}
	o.addFlags(cmd.Flags())
	cmd.Flags().BoolVar(&o.ahead, "ahead", false, "mint the next token before this one is due, and print none")
	_ = cmd.Flags().MarkHidden("ahead") // there is such a flag
	// It has more formats than the other commands.
	cmd.Flags().StringVarP(&format, "output", "o", "text", "text, json, header or env")
	cmd.PreRunE = func(*cobra.Command, []string) error {
		a.output = format
		return checkOutput(format, "text", "json", "header", "env")
	}
	return cmd
}

func (a *app) printToken(format string, s settings, e tokencache.Entry) error {
	minted := serviceToken(e.Token)
	var err error
	switch format {
	case "json":
		return a.printJSON(map[string]any{"service-token": stackstate.ServiceTokenCreatedResponse{
			Name: e.Labels.Principal, Token: e.Token, Expiration: e.Expires.UnixMilli(),
		}})
	case "header":
		name, value := minted.Header(stackstate.APIKeyHeader)
		_, err = fmt.Fprintf(a.Out, "%s: %s\n", name, value)
	case "env":
		_, err = fmt.Fprintln(a.Out, strings.Join(clientEnv(s, minted), "\n"))
	default:
		_, err = fmt.Fprintln(a.Out, e.Token)
	}
	return err
}
