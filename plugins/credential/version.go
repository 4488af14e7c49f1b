package credential

import (
	"fmt"
	"os"
	"strings"

	"github.com/kubectl-edge/kubectl-edge/pkg/buildinfo"
	"github.com/kubectl-edge/kubectl-edge/pkg/hint"
)

// version is the command that says which build this is. For a person it adds the kubectl-edge that would mint.
func version(p Process, args []string) error {
	format, err := outputFormat(args)
	if err != nil {
		return err
	}
	build := p.Build()
	if format != "" {
		return build.Write(p.Stdout, format)
	}
	edge, err := findEdge(p.Args[0], os.Executable)
	if err != nil {
		edge = "none: " + hint.Of(err)
	}
	return buildinfo.WriteRows(p.Stdout, append(build.Rows(),
		buildinfo.Row{Name: "Mints with", Value: hint.Printable(edge)}))
}

// outputFormat reads -o and --output, in the ways in which the other programs take them.
func outputFormat(args []string) (format string, err error) {
	for len(args) > 0 {
		word := args[0]
		args = args[1:]
		value, long := strings.CutPrefix(word, "--output")
		short := false
		if !long {
			value, short = strings.CutPrefix(word, "-o")
		}
		switch {
		case !long && !short, long && value != "" && value[0] != '=':
			return "", fmt.Errorf("version takes no %.80q", word)
		case value != "":
			format = strings.TrimPrefix(value, "=")
		case len(args) == 0:
			return "", fmt.Errorf("flag needs an argument: %s", word)
		default:
			format, args = args[0], args[1:]
		}
		if format != "json" && format != "yaml" {
			return "", fmt.Errorf("unknown output format %.60q: want %s", format, buildinfo.Formats)
		}
	}
	return format, nil
}
