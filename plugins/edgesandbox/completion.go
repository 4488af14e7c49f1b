package edgesandbox

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/kubectl-edge/kubectl-edge/pkg/hint"
	"github.com/kubectl-edge/kubectl-edge/pkg/plugin"
	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox"
)

// completeValues has shells complete, below root, every flag and argument. A flag that is not in here fails a test.
func completeValues(root *cobra.Command) {
	known := map[string]plugin.Completion{
		"data-dir": plugin.Folders, "dir": plugin.Folders, "servers": plugin.Folders,
		"password-file": plugin.Files, "jwks": plugin.Files, "server-ca": plugin.Files, "token-file": plugin.Files,
		"instance":   listOf("/sandbox/instances", "id", "status"),
		"project-id": listOf("/sandbox/projects", "projectId", "name"),
		"projects":   listOf("/sandbox/projects", "projectId", "name"),
	}
	for name, words := range knownWords() {
		known[name] = plugin.Words(words...)
	}
	for _, name := range []string{
		"access-token-lifetime", "after", "body", "claims", "clock-offset", "clusters", "code-lifetime", "container-id",
		"content-type", "delay", "description", "device-code-lifetime", "device-interval", "enablement-time",
		"fault add status", "frontend-url", "gone-in", "header", "host", "id", "instance-token-lifetime", "instances",
		"issuer", "labels", "lifetime", "listen", "parent-id", "path", "plan-id", "plans", "project add project-id",
		"ready-after-polls", "ready-in", "reconcile-time", "refresh-grace", "refresh-token-lifetime",
		"refuse-credentials", "seed", "server", "service-id", "session-lifetime", "signing-duration", "timeout",
		"times",
	} {
		known[name] = plugin.FreeText // what a person makes up
	}
	plugin.CompleteFlags(root, known)
	var visit func(cmd *cobra.Command)
	visit = func(cmd *cobra.Command) {
		if find := arguments(cmd); find != nil {
			cmd.ValidArgsFunction = find.First
		} else if !cmd.HasSubCommands() && cmd.Name() != "up" { // which runs a program
			cmd.ValidArgsFunction = plugin.FreeText.Complete
		}
		for _, c := range cmd.Commands() {
			visit(c)
		}
	}
	visit(root)
}

// knownWords are the values of flags that are one of a few words, by the flag's name or "command flag".
func knownWords() map[string][]string {
	words := map[string][]string{
		"output": {"json"}, "preset": presets(),
		"method":          {"GET", "POST", "PUT", "PATCH", "DELETE"},
		"role":            {"edge.admin", "edge.reader"},
		"credentials":     {"minted", "refused"},
		"region":          {"eu01", "eu02"},
		"state":           {"ENABLED", "ENABLING", "DISABLED", "DISABLING"},
		"lifecycle-state": {"CREATING", "ACTIVE", "DELETING", "INACTIVE"},
	}
	for _, command := range []string{"instance add", "instance set"} {
		words[command+" status"] = []string{"active", "reconciling", "error", "deleting", "creating", "failed"}
	}
	of := sandbox.EdgeClusterWords()
	for _, command := range []string{"cluster add ", "cluster set "} {
		for member, may := range of {
			if member == "machineApi" {
				member = "machine-api"
			}
			words[command+member] = may
		}
	}
	return words
}

// arguments are what a command's argument may be, or nil where it has none that is there.
func arguments(cmd *cobra.Command) plugin.Candidates {
	_, words, _ := strings.Cut(cmd.Use, " ")
	if !cmd.HasParent() || cmd.Name() == "add" {
		return nil
	}
	switch cmd.Parent().Name() + " " + strings.TrimSuffix(words, " [flags]") {
	case "account E-MAIL":
		return listOf("/sandbox/accounts", "email", "kind")
	case "cluster NAME":
		return listOf("/sandbox/clusters", "name", "instanceId")
	case "instance ID":
		return listOf("/sandbox/instances", "id", "status")
	case "project ID":
		return listOf("/sandbox/projects", "projectId", "name")
	}
	return nil
}

// listOf are the items of a list of the sandbox of the environment: a member that names each, and one about it.
func listOf(path, name, about string) plugin.Candidates {
	return func(ctx context.Context, _ *cobra.Command, _ string) []string {
		var items []map[string]any
		if call(ctx, http.MethodGet, path, nil, &items) != nil {
			return nil
		}
		var words []string
		for _, item := range items {
			value, _ := item[name].(string)
			description, _ := item[about].(string)
			if word := value + "\t" + description; value != "" && !slices.Contains(words, word) {
				words = append(words, word)
			}
		}
		return words
	}
}

// explain adds to the error of a command the words that may have been meant by its flags and its argument.
func explain(cmd *cobra.Command, args []string, err error) error {
	path := strings.TrimPrefix(cmd.CommandPath(), cmd.Root().Name()+" ")
	known := knownWords()
	cmd.Flags().Visit(func(f *pflag.Flag) {
		words := known[f.Name]
		if of := known[path+" "+f.Name]; of != nil {
			words = of
		}
		value := f.Value.String()
		if !slices.ContainsFunc(words, func(w string) bool { return strings.EqualFold(w, value) }) {
			err = hint.Among(err, "--"+f.Name+" ", value, words)
		}
	})
	find := arguments(cmd)
	if find == nil || len(args) == 0 {
		return err
	}
	var there []string
	for _, word := range find(cmd.Context(), cmd, "") {
		value, _, _ := strings.Cut(word, "\t")
		there = append(there, value)
	}
	if slices.Contains(there, args[0]) {
		return err
	}
	return hint.Among(err, "", args[0], there)
}
