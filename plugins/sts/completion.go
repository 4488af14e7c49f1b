package sts

import (
	"context"
	"maps"
	"slices"

	"github.com/spf13/cobra"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/kubectl-edge/kubectl-edge/pkg/plugin"
	"github.com/kubectl-edge/kubectl-edge/pkg/stackstate"
)

// completeValues has shells complete, below root, every flag and argument. A flag that is not in here fails a test.
// The server is not asked: a person's prompt would wait for it.
func completeValues(root *cobra.Command, a *app) {
	contexts := plugin.Candidates(a.contextNames)
	lives := plugin.Words("15m", "1h", "8h", "24h")
	resources := plugin.Words(stackstate.SystemResource)
	known := map[string]plugin.Completion{
		"config": plugin.Files, "kubeconfig": plugin.Files, "ca-cert-path": plugin.Files, "file": plugin.Files,
		"api-token-file": plugin.Files, "service-token-file": plugin.Files, "k8s-sa-token-path": plugin.Files,
		"context": contexts, "kube-context": plugin.Candidates(a.kubeContextNames),
		"output":                      plugin.Words(outputs()...),
		"token output":                plugin.Words("text", "json", "header", "env"),
		"service-token create output": plugin.Words("text", "json", "token"),
		"k8s-service-account":         plugin.Words("@me"),
		"resource":                    resources,
		"roles":                       plugin.Words(stackstate.BuiltInRoles()...),
		"source":                      plugin.Words(sources...),
		"subject":                     plugin.Words(stackstate.BuiltInRoles()...),
		"ttl":                         lives,
		"name":                        contexts,
		"service-token create name":   plugin.FreeText,
		"service-token delete name":   plugin.FreeText,
		"rbac create-subject subject": plugin.FreeText,
		"context save name":           contexts,
		// What a person makes up, and what is secret.
		"api-path": plugin.FreeText, "api-token": plugin.FreeText, "ca-cert-base64-data": plugin.FreeText,
		"data": plugin.FreeText, "dedicated-subject": plugin.FreeText, "dedicatedSubject": plugin.FreeText,
		"expiration": plugin.FreeText, "header": plugin.FreeText, "id": plugin.FreeText,
		"k8s-audience": plugin.FreeText, "min-life": plugin.FreeText,
		"request-timeout": plugin.FreeText, "k8s-sa-token": plugin.FreeText, "permission": plugin.FreeText,
		"scope": plugin.FreeText, "service-token": plugin.FreeText, "url": plugin.FreeText,
	}
	plugin.CompleteFlags(root, known)
	methods := plugin.Words("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD")
	var visit func(cmd *cobra.Command)
	visit = func(cmd *cobra.Command) {
		switch {
		case cmd.HasSubCommands() || cmd.DisableFlagParsing || cmd.ValidArgsFunction != nil:
		case cmd.Name() == "api":
			cmd.ValidArgsFunction = methods.First
		case cmd.Name() == "run": // a program and its arguments
		default:
			cmd.ValidArgsFunction = plugin.FreeText.Complete
		}
		for _, c := range cmd.Commands() {
			visit(c)
		}
	}
	visit(root)
}

func (a *app) contextNames(context.Context, *cobra.Command, string) []string {
	f, err := a.loadConfig()
	if err != nil {
		return nil
	}
	var names []string
	for _, c := range f.Contexts() {
		names = append(names, c.Name+"\t"+c.Context.URL)
	}
	return names
}

func (a *app) kubeContextNames(context.Context, *cobra.Command, string) []string {
	rules := clientcmd.NewDefaultClientConfigLoadingRules()
	rules.ExplicitPath = a.kubeconfig
	config, err := rules.Load()
	if err != nil {
		return nil
	}
	return slices.Sorted(maps.Keys(config.Contexts))
}
