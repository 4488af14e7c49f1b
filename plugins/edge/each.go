package edge

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"path"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"github.com/kubectl-edge/kubectl-edge/pkg/hint"
	"github.com/kubectl-edge/kubectl-edge/pkg/kubeconfig"
	"github.com/kubectl-edge/kubectl-edge/pkg/plugin"
)

type eachOptions struct {
	*app
	all      bool
	selector []string // KEY=GLOB
	contexts []string // globs
	parallel int
	path     string
	format   string // "" or json
}

func newEachCmd(a *app) *cobra.Command {
	o := &eachOptions{app: a, parallel: parallel}
	cmd := &cobra.Command{
		Use:   "each (--all | -l KEY=GLOB | --context GLOB) [flags] -- KUBECTL-ARGUMENTS",
		Short: "Run a kubectl command against many instances at once",
		Long: `Run a kubectl command against many instances at once.

The instances are those of your kubeconfig that call kubectl-edge_credential. Each line of output starts with the name
of its context. The exit code is the highest of all kubectl commands, so 0 means that all succeeded.

-l takes name=GLOB, id=GLOB, project=GLOB, region=GLOB and profile=GLOB, all of which must match; *, ? and [a-z] stand
for characters. Repeat --context for contexts that match any.

-o json asks kubectl for JSON, and prints one object with an item for each context, which has either a result or an
error.

With "-" for a file, as in apply -f -, standard input is read once and given to each.`,
		Example: `  kubectl edge each --all -- get nodes
  kubectl edge each -l 'name=shop*,region=eu01' -- get edgehosts -A
  kubectl edge each --context 'edge_eu01_*' -o json -- get deployments -n line-1
  kubectl edge each --all -- apply -f - < agent.yaml`,
		Args: cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := o.validate(args); err != nil {
				return usageError{err}
			}
			return o.run(cmd.Context(), args)
		},
	}
	cmd.Flags().SetInterspersed(false) // what follows is kubectl's, even if the -- was forgotten
	cmd.Flags().BoolVar(&o.all, "all", false, "all instances of the kubeconfig")
	cmd.Flags().StringSliceVarP(&o.selector, "selector", "l", nil,
		"only instances that match all of KEY=GLOB,…; keys are name, id, project, region and profile")
	cmd.Flags().StringSliceVar(&o.contexts, "context", nil, "only contexts that match one of these globs")
	cmd.Flags().IntVar(&o.parallel, "parallel", o.parallel, "how many commands run at once")
	cmd.Flags().StringVar(&o.path, "kubeconfig", "", "file to read (default: as kubectl chooses it)")
	cmd.Flags().StringVarP(&o.format, "output", "o", "", "merge what the commands print into one object: json")
	return cmd
}

func (o *eachOptions) validate(args []string) error {
	switch {
	case len(args) == 0:
		return hint.Wrap(errors.New("no kubectl command to run"), "kubectl edge each --all -- get nodes")
	case o.all && len(o.selector)+len(o.contexts) > 0:
		return errors.New("want either --all, or -l and --context")
	case !o.all && len(o.selector)+len(o.contexts) == 0:
		return errors.New("which instances? want --all, -l or --context")
	case o.parallel < 1:
		return fmt.Errorf("--parallel %d: want at least 1", o.parallel)
	case o.format != "" && o.format != "json":
		return fmt.Errorf("unknown output format %.60q: want json", o.format)
	}
	for _, requirement := range o.selector {
		key, glob, ok := strings.Cut(requirement, "=")
		if !ok || !slices.Contains([]string{"name", "id", "project", "region", "profile"}, key) {
			return fmt.Errorf("selector %.80q: want KEY=GLOB with name, id, project, region or profile for KEY",
				requirement)
		}
		if _, err := path.Match(glob, ""); err != nil {
			return fmt.Errorf("selector %.80q: the pattern is malformed", requirement)
		}
	}
	for _, glob := range o.contexts {
		if _, err := path.Match(glob, ""); err != nil {
			return fmt.Errorf("--context %.80q: the pattern is malformed", glob)
		}
	}
	for _, arg := range flagsOf(args) {
		if name, _, _ := strings.Cut(arg, "="); slices.Contains([]string{"--context", "--cluster", "--kubeconfig",
			"--server", "-s"}, name) {
			return fmt.Errorf("kubectl's %s would choose another cluster than the instance's", name)
		}
	}
	if o.format == "json" {
		if _, other := outputOf(args); other {
			return errors.New("-o json is kubectl's format, too: leave out the other -o")
		}
	}
	return nil
}

// flagsOf returns the arguments that kubectl could take for flags: those before any -- of its own.
func flagsOf(args []string) []string {
	if i := slices.Index(args, "--"); i >= 0 {
		return args[:i]
	}
	return args
}

// outputOf reports whether args ask kubectl for JSON, or for another format.
func outputOf(args []string) (json, other bool) {
	args = flagsOf(args)
	for i, arg := range args {
		format, found := strings.CutPrefix(arg, "--output=")
		if !found && (arg == "-o" || arg == "--output") && i+1 < len(args) {
			format, found = args[i+1], true
		} else if !found && strings.HasPrefix(arg, "-o") && arg != "-o" {
			format, found = strings.TrimPrefix(strings.TrimPrefix(arg, "-o"), "="), true
		}
		json, other = json || found && format == "json", other || found && format != "json"
	}
	return json, other
}

// chosen returns those of our contexts that the flags choose.
func (o *eachOptions) chosen(ctx context.Context) ([]kubeconfig.EdgeContext, error) {
	config, err := kubeconfig.Load(ctx, o.path)
	if err != nil {
		return nil, err
	}
	contexts := slices.DeleteFunc(kubeconfig.EdgeContexts(config),
		func(c kubeconfig.EdgeContext) bool { return !o.matches(c) })
	if len(contexts) == 0 {
		return nil, hint.Wrap(errors.New("no context of kubectl edge in the kubeconfig matches"),
			"kubectl edge kubeconfig create --all")
	}
	return contexts, nil
}

func (o *eachOptions) matches(c kubeconfig.EdgeContext) bool {
	match := func(glob, value string) bool {
		ok, err := path.Match(glob, value)
		return ok && err == nil
	}
	id := c.Request.InstanceID
	values := map[string]string{
		"name": id[:max(0, strings.LastIndex(id, "-"))], "id": id,
		"project": c.Request.ProjectID, "region": c.Request.Region, "profile": c.Request.Profile,
	}
	for _, requirement := range o.selector {
		if key, glob, _ := strings.Cut(requirement, "="); !match(glob, values[key]) {
			return false
		}
	}
	return len(o.contexts) == 0 || slices.ContainsFunc(o.contexts,
		func(glob string) bool { return match(glob, c.Name) })
}

func (o *eachOptions) run(ctx context.Context, args []string) error {
	contexts, err := o.chosen(ctx)
	if err != nil {
		return err
	}
	kubectl, err := exec.LookPath("kubectl")
	if err != nil {
		return hint.Wrap(fmt.Errorf("find kubectl: %w", err), "install it: https://kubernetes.io/docs/tasks/tools/")
	}
	var input []byte
	if slices.ContainsFunc(flagsOf(args), func(arg string) bool {
		return arg == "-" || arg == "-f-" || arg == "-f=-" || arg == "--filename=-"
	}) {
		if input, err = io.ReadAll(o.In); err != nil {
			return fmt.Errorf("read standard input: %w", err)
		}
	}
	runs := make([]eachRun, len(contexts))
	streams := o.streams(contexts)
	_, err = plugin.Several(ctx, o.parallel, contexts, func(i int, c kubeconfig.EdgeContext) error {
		runs[i] = runKubectl(ctx, kubectl, o.arguments(c, args), input, streams[i])
		return nil // the errors are in runs
	})
	if err != nil {
		return err
	}
	if o.format == "json" {
		if err := o.printMerged(contexts, runs); err != nil {
			return err
		}
	}
	return worst(contexts, runs)
}

// arguments puts the context after the command's first word: kubectl takes no flag before the name of a plugin.
func (o *eachOptions) arguments(c kubeconfig.EdgeContext, args []string) []string {
	flags := []string{"--context=" + c.Name}
	if o.path != "" {
		flags = append(flags, "--kubeconfig="+o.path)
	}
	raw := slices.ContainsFunc(flagsOf(args), func(arg string) bool {
		return arg == "--raw" ||
			strings.HasPrefix(arg, "--raw=")
	})
	if json, _ := outputOf(args); o.format == "json" && !json && !raw {
		flags = append(flags, "--output=json")
	}
	first := 1
	if strings.HasPrefix(args[0], "-") {
		first = 0
	}
	return slices.Concat(args[:first], flags, args[first:])
}

// streams are where the output of each context's command goes.
func (o *eachOptions) streams(contexts []kubeconfig.EdgeContext) []eachStreams {
	if o.format == "json" {
		return make([]eachStreams, len(contexts))
	}
	names, width := make([]string, len(contexts)), 0
	for i, c := range contexts {
		names[i] = hint.Printable(c.Name)
		width = max(width, utf8.RuneCountInString(names[i]))
	}
	out, errOut := plugin.NewLineWriter(plugin.Raw(o.Out)), plugin.NewLineWriter(plugin.Raw(o.ErrOut))
	var streams []eachStreams
	for i, name := range names {
		label := fmt.Sprintf("%-*s | ", width, name)
		streams = append(streams, eachStreams{out.Stream(o.colour(o.Out, i, label)),
			errOut.Stream(o.colour(o.ErrOut, i, label))})
	}
	return streams
}

// colour paints the label of the i-th context, on a terminal whose user does not mind (https://no-color.org).
func (o *eachOptions) colour(stream any, i int, label string) string {
	if !plugin.Terminal(stream) || o.Getenv("NO_COLOR") != "" || o.Getenv("TERM") == "dumb" {
		return label
	}
	palette := []int{36, 33, 32, 35, 34, 96, 93, 92, 95, 94}
	return fmt.Sprintf("\x1b[%dm%s\x1b[0m", palette[i%len(palette)], label)
}

// worst is the error of the commands that failed, with the highest of their exit codes.
func worst(contexts []kubeconfig.EdgeContext, runs []eachRun) error {
	failed, code := 0, 0
	var first error
	for i, r := range runs {
		if r.err != nil {
			failed++
			first = errors.Join(first, fmt.Errorf("context %q: %w", contexts[i].Name, r.err))
		} else if r.code != 0 {
			failed++
		}
		code = max(code, r.code)
	}
	if failed == 0 {
		return nil
	}
	err := fmt.Errorf("kubectl failed for %d of %s", failed, plugin.Count(len(contexts), "context"))
	if first != nil {
		err = fmt.Errorf("%w: %w", err, first)
	}
	return plugin.WithCode(code, err)
}

// eachRun is how one command ended.
type eachRun struct {
	code           int
	err            error // it could not be run
	stdout, stderr bytes.Buffer
}
