package edgesandbox

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/kubectl-edge/kubectl-edge/pkg/hint"
	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox"
)

// operation is a command that does one thing at the sandbox's control address. Its arguments are the parts of the path
// in braces and then the members that takes names; its flags are the other members of the body, as far as they were
// given: --ready-in is readyIn.
type operation struct {
	pattern string // that of a sandbox.Operation
	use     string
	short   string
	long    string
	example string
	takes   []string
	flags   func(*pflag.FlagSet)
	// table writes what was answered for a person; without it nothing is written. Other answers are shown as JSON where
	// -o json asks for that.
	table func(w io.Writer, answer []byte) error
	// change, if set, changes the body before it is sent.
	change func(body map[string]any) error
}

// annotation is where a command names its operation.
const annotation = "operation"

func (o operation) command(s streams) *cobra.Command {
	var output string
	method, path, _ := strings.Cut(o.pattern, " ")
	cmd := &cobra.Command{
		Use:         o.use,
		Short:       o.short,
		Long:        o.long,
		Example:     o.example,
		Annotations: map[string]string{annotation: o.pattern, "takes": strings.Join(o.takes, " ")},
		Args:        cobra.ExactArgs(parts(path) + len(o.takes)),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := jsonOrTable(output); err != nil {
				return err
			}
			words := args
			path, args := fill(path, args)
			var body any
			if method != http.MethodGet && method != http.MethodDelete {
				members, err := o.body(cmd.Flags(), args)
				if err != nil {
					return err
				}
				body = members
			}
			var answer json.RawMessage
			if err := call(cmd.Context(), method, path, body, &answer); err != nil {
				return explain(cmd, words, err)
			}
			switch {
			case o.table == nil:
				return nil
			case output == "json":
				return printJSON(s, answer)
			}
			return o.table(s.Out, answer)
		},
	}
	if o.flags != nil {
		o.flags(cmd.Flags())
	}
	if o.table != nil {
		cmd.Flags().StringVarP(&output, "output", "o", "", "json, for all that is known")
	}
	return cmd
}

// parts counts the parts of a path that are arguments; {$} is its end.
func parts(path string) int { return strings.Count(strings.TrimSuffix(path, "{$}"), "{") }

// fill puts arguments into a path, and returns those that are left.
func fill(path string, args []string) (string, []string) {
	for path = strings.TrimSuffix(path, "{$}"); ; {
		before, rest, ok := strings.Cut(path, "{")
		if !ok {
			return path, args
		}
		_, after, _ := strings.Cut(rest, "}")
		path, args = before+url.PathEscape(args[0])+after, args[1:]
	}
}

func (o operation) body(flags *pflag.FlagSet, args []string) (map[string]any, error) {
	body := map[string]any{}
	for i, name := range o.takes {
		body[name] = args[i]
	}
	var err error
	flags.Visit(func(f *pflag.Flag) {
		if f.Name == "output" || err != nil {
			return
		}
		body[memberOf(f)], err = valueOf(flags, f)
	})
	if err == nil && o.change != nil {
		err = o.change(body)
	}
	return body, err
}

// memberAnnotation is where a flag names a member that is not called as it is.
const memberAnnotation = "member"

// memberOf is the member of a body that a flag sets: --ready-in sets readyIn.
func memberOf(f *pflag.Flag) string {
	if name := f.Annotations[memberAnnotation]; name != nil {
		return name[0]
	}
	words := strings.Split(f.Name, "-")
	for i, word := range words[1:] {
		words[i+1] = strings.ToUpper(word[:1]) + word[1:]
	}
	return strings.Join(words, "")
}

// fileValue is a flag that names a file with what a member is to be: what is secret or long is not an argument.
type fileValue struct{ path string }

func (v *fileValue) String() string     { return v.path }
func (v *fileValue) Set(p string) error { v.path = p; return nil }
func (v *fileValue) Type() string       { return "file" }

func addFileFlag(fs *pflag.FlagSet, name, member, usage string) {
	fs.Var(&fileValue{}, name, usage)
	_ = fs.SetAnnotation(name, memberAnnotation, []string{member}) // the flag exists
}

// valueOf is what a flag sets its member to.
func valueOf(flags *pflag.FlagSet, f *pflag.Flag) (any, error) {
	switch f.Value.Type() {
	case "int":
		return flags.GetInt(f.Name)
	case "bool":
		return flags.GetBool(f.Name)
	case "duration":
		d, err := flags.GetDuration(f.Name)
		return sandbox.Duration(d), err
	case "stringToString":
		return flags.GetStringToString(f.Name)
	case "stringSlice":
		return flags.GetStringSlice(f.Name)
	case "file":
		data, err := os.ReadFile(f.Value.String())
		return strings.TrimSpace(string(data)), err
	}
	return f.Value.String(), nil
}

// columns makes a table of a list.
func columns(header string, row func(item map[string]any) []any) func(io.Writer, []byte) error {
	return func(out io.Writer, answer []byte) error {
		var items []map[string]any
		if err := json.Unmarshal(answer, &items); err != nil {
			return err
		}
		w := tabwriter.NewWriter(out, 0, 0, 3, ' ', 0)
		fmt.Fprintln(w, header)
		for _, item := range items {
			var cells []string
			for _, cell := range row(item) {
				cells = append(cells, hint.Printable(fmt.Sprint(cell)))
			}
			fmt.Fprintln(w, strings.Join(cells, "\t"))
		}
		return w.Flush()
	}
}

// members writes members of an answer, each in a line of its own.
func members(names ...string) func(io.Writer, []byte) error {
	return func(out io.Writer, answer []byte) error {
		var item map[string]any
		if err := json.Unmarshal(answer, &item); err != nil {
			return err
		}
		for _, name := range names {
			if value, ok := item[name]; ok && value != "" {
				fmt.Fprintln(out, hint.Printable(fmt.Sprint(value)))
			}
		}
		return nil
	}
}

// whole writes the answer as JSON, indented.
func whole(out io.Writer, answer []byte) error {
	return printJSON(streams{Out: out}, json.RawMessage(answer))
}

// lines writes a list of words, each in a line of its own.
func lines(out io.Writer, answer []byte) error {
	var words []string
	if err := json.Unmarshal(answer, &words); err != nil {
		return err
	}
	for _, word := range words {
		fmt.Fprintln(out, hint.Printable(word))
	}
	return nil
}

// group is a command of several operations.
func group(s streams, use, short string, operations ...operation) *cobra.Command {
	cmd := &cobra.Command{Use: use, Short: short}
	for _, o := range operations {
		cmd.AddCommand(o.command(s))
	}
	return cmd
}

// signed makes a duration of the argument, and turns it round with -1.
func signed(sign time.Duration) func(map[string]any) error {
	return func(body map[string]any) error {
		d, err := time.ParseDuration(body["advance"].(string))
		body["advance"] = sandbox.Duration(sign * d)
		return err
	}
}
