package edge

import (
	"context"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/kubectl-edge/kubectl-edge/pkg/hint"
	"github.com/kubectl-edge/kubectl-edge/pkg/kubeconfig"
	"github.com/kubectl-edge/kubectl-edge/pkg/plugin"
)

type eachOptions struct {
	*app
	all      bool
	clusters bool     // edge clusters, instead of the instances themselves
	selector []string // KEY=GLOB
	contexts []string // globs
	parallel int      // 0: as suits the command
	timeout  time.Duration
	failFast bool
	path     string
	format   string // "" or json
}

func newEachCmd(a *app) *cobra.Command {
	o := &eachOptions{app: a}
	cmd := &cobra.Command{
		Use:   "each (--all | --clusters | -l KEY=GLOB | --context GLOB) [flags] -- KUBECTL-ARGUMENTS",
		Short: "Run a kubectl command against many instances at once",
		Long: `Run a kubectl command against many instances at once.

The instances are those of your kubeconfig that call kubectl-edge_credential. Tables become one table, with a column
INSTANCE in front; each line of all other output starts with the name of its context. The exit code is the highest of
all contexts, so 0 means that all succeeded; those that failed are listed at the end.

get, wait, version, api-resources and auth whoami ask all servers from one process, which is many times faster than
to start kubectl for each, and print what kubectl prints. Any other command, and any flag that is not known for these,
starts kubectl.

-l takes name=GLOB, id=GLOB, project=GLOB, region=GLOB and profile=GLOB, all of which must match; *, ? and [a-z] stand
for characters. Repeat --context for contexts that match any.

--clusters asks the edge clusters that your kubeconfig has contexts of, rather than the instances: all of them, or those
that -l, which then takes cluster=GLOB and role=GLOB too, and --context choose. Tables have a column CLUSTER.

-o json asks kubectl for JSON, and prints one object with an item for each context, which has either a result or an
error.

With "-" for a file, as in apply -f -, standard input is read once and given to each.`,
		Example: `  kubectl edge each --all -- get nodes
  kubectl edge each -l 'name=shop*,region=eu01' -- get edgehosts -A --watch
  kubectl edge each --clusters -- get pods -A
  kubectl edge each --clusters -l 'cluster=berlin*,role=view' -- get pods -A
  kubectl edge each --all --timeout 10s -- version
  kubectl edge each --context 'edge_eu01_*' -o json -- get deployments -n line-1
  kubectl edge each --all --fail-fast -- apply -f - < agent.yaml`,
		Args: cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := o.validate(args); err != nil {
				return usageError{err}
			}
			if cmd.Flags().Changed("parallel") && o.parallel < 1 {
				return usageError{fmt.Errorf("--parallel %d: want at least 1", o.parallel)}
			}
			return o.run(cmd.Context(), args)
		},
	}
	cmd.Flags().SetInterspersed(false) // what follows is kubectl's, even if the -- was forgotten
	cmd.Flags().BoolVar(&o.all, "all", false, "all instances of the kubeconfig")
	cmd.Flags().BoolVar(&o.clusters, "clusters", false,
		"the edge clusters of the kubeconfig, rather than the instances")
	cmd.Flags().StringSliceVarP(&o.selector, "selector", "l", nil,
		"only those that match all of KEY=GLOB,…; keys are name, id, project, region and profile, and with --clusters "+
			"cluster and role")
	cmd.Flags().StringSliceVar(&o.contexts, "context", nil, "only contexts that match one of these globs")
	cmd.Flags().IntVar(&o.parallel, "parallel", 0,
		"how many contexts are asked at once (default: 16, or 8 where kubectl is started)")
	cmd.Flags().DurationVar(&o.timeout, "timeout", 0,
		"how long each context may take, such as 10s; one that takes longer has failed (default: no limit)")
	cmd.Flags().BoolVar(&o.failFast, "fail-fast", false, "begin with no further context once one has failed")
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
	case !o.all && !o.clusters && len(o.selector)+len(o.contexts) == 0:
		return errors.New("which instances? want --all, -l or --context")
	case o.timeout < 0:
		return fmt.Errorf("--timeout %s: want a time such as 10s", o.timeout)
	case o.format != "" && o.format != "json":
		return fmt.Errorf("unknown output format %.60q: want json", o.format)
	}
	for _, requirement := range o.selector {
		key, glob, ok := strings.Cut(requirement, "=")
		if ok && !o.clusters && (key == "cluster" || key == "role") {
			return fmt.Errorf("selector %.80q is about edge clusters: want --clusters, too", requirement)
		}
		if !ok || !slices.Contains([]string{"name", "id", "project", "region", "profile", "cluster", "role"}, key) {
			keys := "name, id, project, region or profile"
			if o.clusters {
				keys = "name, id, project, region, profile, cluster or role"
			}
			return fmt.Errorf("selector %.80q: want KEY=GLOB with %s for KEY", requirement, keys)
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
		name, _, _ := strings.Cut(arg, "=")
		if strings.HasPrefix(name, "-s") {
			name = "-s" // its value may follow at once
		}
		if slices.Contains([]string{"--context", "--cluster", "--kubeconfig", "--server", "-s"}, name) {
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

// withFormat adds kubectl's flag for JSON to args, after the first words of them, where -o json wants it.
func (o *eachOptions) withFormat(words int, args []string) []string {
	raw := slices.ContainsFunc(flagsOf(args), func(arg string) bool {
		return arg == "--raw" || strings.HasPrefix(arg, "--raw=")
	})
	if json, _ := outputOf(args); o.format != "json" || json || raw {
		return args
	}
	words = min(words, len(args))
	return slices.Concat(args[:words], []string{"--output=json"}, args[words:])
}

// chosen returns those of our contexts that the flags choose.
func (o *eachOptions) chosen(ours []kubeconfig.EdgeContext) ([]kubeconfig.EdgeContext, error) {
	contexts := slices.DeleteFunc(slices.Clone(ours), func(c kubeconfig.EdgeContext) bool {
		return o.clusters != (c.Request.Cluster != "")
	})
	there := slices.Clone(contexts)
	contexts = slices.DeleteFunc(contexts, func(c kubeconfig.EdgeContext) bool { return !o.matches(c) })
	switch {
	case len(contexts) > 0:
		return contexts, nil
	case len(there) > 0:
		return nil, o.nothing(there)
	case o.clusters:
		return nil, hint.Wrap(errors.New("no context of an edge cluster in the kubeconfig"),
			"kubectl edge use INSTANCE/CLUSTER, or for all: kubectl edge kubeconfig create --all --all-clusters")
	}
	return nil, hint.Wrap(errors.New("no context of kubectl edge in the kubeconfig"),
		"kubectl edge use INSTANCE, or for all: kubectl edge kubeconfig create --all")
}

// nothing is the error where the flags choose none of the contexts that there are, with the values to choose from.
func (o *eachOptions) nothing(contexts []kubeconfig.EdgeContext) error {
	err := errors.New("no context of kubectl edge in the kubeconfig matches")
	if o.clusters {
		err = errors.New("no context of an edge cluster in the kubeconfig matches")
	}
	for _, requirement := range o.selector {
		key, glob, _ := strings.Cut(requirement, "=")
		var values []string
		for _, c := range contexts {
			if value := selectable(c)[key]; !slices.Contains(values, value) {
				values = append(values, value)
			}
		}
		slices.Sort(values)
		if !slices.ContainsFunc(values, func(value string) bool { return globMatches(glob, value) }) {
			const most = 10
			list := strings.Join(values[:min(len(values), most)], ", ")
			if len(values) > most {
				list += ", …"
			}
			return hint.Wrap(err, "%s is one of: %s", key, hint.Printable(list))
		}
	}
	return hint.Wrap(err, "kubectl config get-contexts")
}

func globMatches(glob, value string) bool {
	ok, err := path.Match(glob, value)
	return ok && err == nil
}

func (o *eachOptions) matches(c kubeconfig.EdgeContext) bool {
	values := selectable(c)
	for _, requirement := range o.selector {
		if key, glob, _ := strings.Cut(requirement, "="); !globMatches(glob, values[key]) {
			return false
		}
	}
	return len(o.contexts) == 0 || slices.ContainsFunc(o.contexts,
		func(glob string) bool { return globMatches(glob, c.Name) })
}

func (o *eachOptions) run(ctx context.Context, args []string) error {
	config, err := kubeconfig.Load(ctx, o.path)
	if err != nil {
		return err
	}
	contexts, err := o.chosen(kubeconfig.EdgeContexts(config))
	if err != nil {
		return err
	}
	r := &eachRun{eachOptions: o, config: config, contexts: contexts, ends: make([]eachEnd, len(contexts))}
	if f, ok := r.fleet(args); ok {
		err = f.run(ctx)
	} else {
		err = r.runKubectl(ctx, args)
	}
	if err != nil {
		return err
	}
	if o.format == "json" {
		if err := r.printMerged(); err != nil {
			return err
		}
	}
	return r.worst()
}

// worst is the error of the contexts that failed, with the highest of their exit codes.
func (r *eachRun) worst() error {
	var failed []string
	code, left := 0, 0
	var first error
	for i := range r.ends {
		end, name := &r.ends[i], r.contexts[i].Name
		if end.err != nil {
			first = errors.Join(first, fmt.Errorf("context %q: %w", name, end.err))
		}
		switch {
		case end.left:
			left++
		case end.code != 0:
			failed = append(failed, name)
		}
		code = max(code, end.code)
	}
	err := plugin.Failed("kubectl failed for", failed, len(r.contexts), "context")
	if err == nil {
		return nil
	}
	if left > 0 {
		err = fmt.Errorf("%w; %s left alone", err, plugin.Count(left, "other"))
	}
	if first != nil {
		err = fmt.Errorf("%w: %w", err, first)
	}
	return plugin.WithCode(code, err)
}
