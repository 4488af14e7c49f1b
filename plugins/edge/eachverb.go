package edge

import (
	"slices"
	"strings"
)

// clusterCommands are the commands of kubectl that only read the kubeconfig. config and plugins may change it, which
// must not be a copy then.
func clusterCommands() []string {
	return []string{
		"annotate", "api-resources", "api-versions", "apply", "attach", "auth", "autoscale", "certificate",
		"cluster-info", "cordon", "cp", "create", "debug", "delete", "describe", "diff", "drain", "edit", "events",
		"exec", "explain", "expose", "get", "label", "logs", "patch", "port-forward", "proxy", "replace", "rollout",
		"run", "scale", "set", "taint", "top", "uncordon", "version", "wait",
	}
}

// verbFirst has args begin with kubectl's verb, where all of each looks for it: kubectl takes flags before it, too.
// Those of a plugin, which may not have any there, and of a command that is not known, stay where they are.
func verbFirst(args []string) []string {
	at := verbAt(args)
	if at == len(args) || !slices.Contains(clusterCommands(), args[at]) {
		return args
	}
	end := at + verbWords(args[at:])
	return slices.Concat(args[at:end], args[:at], args[end:])
}

// verbAt is where kubectl's verb stands in args, which is behind them where there is none. As for kubectl, a flag that
// is not one of all commands takes the next word for its value, so that -o json get pods is read as it is meant; see
// stripFlags in https://github.com/spf13/cobra/blob/main/command.go.
func verbAt(args []string) int {
	without := []string{"--disable-compression", "--insecure-skip-tls-verify", "--match-server-version",
		"--warnings-as-errors"} // a value
	for i := 0; i < len(args); i++ {
		arg := args[i]
		long := strings.HasPrefix(arg, "--")
		switch {
		case arg == "--":
			return len(args)
		case !strings.HasPrefix(arg, "-"):
			return i
		case long && !strings.Contains(arg, "=") && !slices.Contains(without, arg), !long && len(arg) == 2:
			i++
		}
	}
	return len(args)
}

// verbWords is how many words of args are kubectl's verb. Flags follow it.
func verbWords(args []string) int {
	switch {
	case len(args) == 0 || strings.HasPrefix(args[0], "-"):
		return 0
	case args[0] == "auth" && len(args) > 1 && !strings.HasPrefix(args[1], "-"):
		return 2
	}
	return 1
}
