package edge

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/kubectl-edge/kubectl-edge/pkg/fleet"
	"github.com/kubectl-edge/kubectl-edge/pkg/hint"
	"github.com/kubectl-edge/kubectl-edge/pkg/kubeconfig"
	"github.com/kubectl-edge/kubectl-edge/pkg/plugin"
)

type eachOptions struct {
	*app
	named    []string // instances, or edge clusters as INSTANCE/CLUSTER; globs
	behind   []string // the arguments behind the -- that follows them
	all      bool
	clusters bool     // edge clusters, instead of the instances themselves
	selector []string // KEY=GLOB
	contexts []string // globs
	parallel int      // 0: as suits the command
	timeout  time.Duration
	failFast bool
	path     string
	format   string
}

func newEachCmd(a *app) *cobra.Command {
	o := &eachOptions{app: a}
	cmd := &cobra.Command{
		Use: "each (INSTANCE[/CLUSTER]… | --all | --clusters | -l KEY=GLOB | --context GLOB) [flags] -- " +
			"KUBECTL-ARGUMENTS",
		Short: "Run a kubectl command against many instances at once",
		Long: `Run a kubectl command against many instances at once.

The instances are those of your kubeconfig that call kubectl-edge_credential: those that you name, also as demo/berlin
for an edge cluster or with a pattern such as 'site*', or that a flag chooses. Where several contexts lead to one,
it is asked once: with the current context, else with the first by name. Only --context asks with each that matches.

Tables become one table, with a column INSTANCE in front; each line of all other output starts with the instance's name,
and the same error of several stands in one line with their names. The exit code is the highest of all, so 0 means that
all succeeded; those that failed are listed at the end. Ctrl-C prints what has been answered until then.

get, wait, version, api-resources and auth whoami ask all servers from one process, which is many times faster than
to start kubectl for each, and print what kubectl prints. Any other command, and any flag that is not known for these,
starts kubectl.

-l takes name=GLOB, id=GLOB, project=GLOB, region=GLOB and profile=GLOB, all of which must match; *, ? and [a-z] stand
for characters. Repeat --context for contexts that match any.

--clusters asks the edge clusters that your kubeconfig has contexts of, rather than the instances: all of them, or those
that -l, which then takes cluster=GLOB and role=GLOB too, and --context choose. Tables have a column CLUSTER.

-o json and -o yaml behind the -- print one list of all objects, each with the annotation kubectl-edge/instance, and
kubectl-edge/cluster where it is of an edge cluster; with --watch one object after the other. In front of it they print
one object with an item for each context, which has either a result or an error. Other formats are kubectl's, in both
places.

With "-" for a file, as in apply -f -, and with exec -i, standard input is read once and given to each.`,
		Example: `  kubectl edge each --all -- get nodes
  kubectl edge each demo 'site*' -- get nodes
  kubectl edge each demo/berlin -- get pods -A
  kubectl edge each -l 'name=shop*,region=eu01' -- get edgehosts -A --watch
  kubectl edge each --clusters -- get pods -A
  kubectl edge each --clusters -l 'cluster=berlin*,role=view' -- get pods -A
  kubectl edge each --all --timeout 10s -- version
  kubectl edge each --context 'edge_eu01_*' -o json -- get deployments -n line-1
  kubectl edge each --all --fail-fast -- apply -f - < agent.yaml`,
		Args: cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			args, err := o.take(cmd.Flags(), args)
			if err != nil {
				return cmd.FlagErrorFunc()(cmd, err)
			}
			if help := cmd.Flags().Lookup("help"); help != nil && help.Value.String() == "true" {
				return cmd.Help() // cobra has asked for it before the flags between the names were read
			}
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
		"how long each context may take, such as 10s, or its watch to begin; one that takes longer has failed "+
			"(default: no limit)")
	cmd.Flags().BoolVar(&o.failFast, "fail-fast", false, "begin with no further context once one has failed")
	cmd.Flags().StringVar(&o.path, "kubeconfig", "", "file to read (default: as kubectl chooses it)")
	cmd.Flags().StringVarP(&o.format, "output", "o", "",
		"json or yaml: one object with a result or an error of each context; others, such as wide, are kubectl's")
	return cmd
}

func (o *eachOptions) validate(args []string) error {
	switch {
	case len(args) == 0 || args[0] == "":
		return hint.Wrap(errors.New("no kubectl command to run"), "kubectl edge each --all -- get nodes")
	case o.all && len(o.selector)+len(o.contexts) > 0:
		return errors.New("want either --all, or -l and --context")
	case len(o.named) > 0 && (o.all || len(o.selector)+len(o.contexts) > 0):
		return fmt.Errorf("want either --all, -l and --context, or the argument %.80q", o.named[0])
	case !o.all && !o.clusters && len(o.named)+len(o.selector)+len(o.contexts) == 0:
		return o.which(args)
	case o.timeout < 0:
		return fmt.Errorf("--timeout %s: want a time such as 10s", o.timeout)
	}
	for _, requirement := range o.selector {
		key, glob, ok := strings.Cut(requirement, "=")
		if ok && !o.clusters && (key == "cluster" || key == "role") {
			return fmt.Errorf("selector %.80q is about edge clusters: want --clusters, too", requirement)
		}
		if keys := selectorKeys(o.clusters); !ok || !slices.Contains(keys, key) {
			err := fmt.Errorf("selector %.80q: want KEY=GLOB with %s for KEY", requirement, hint.Either(keys...))
			if ok {
				err = hint.Among(err, "", key, keys)
			}
			return err
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
	for _, word := range o.named {
		if _, err := path.Match(word, ""); err != nil || word == "" {
			return fmt.Errorf("instance %.80q: want a name, an id or a pattern", word)
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
	if err := o.interactive(args); err != nil {
		return err
	}
	return o.checkFormat(args)
}

var errWhichInstances = errors.New("which instances? want their names before a --, or --all, -l or --context")

// which is the error where nothing says which instances are meant, with the command that was perhaps meant.
func (o *eachOptions) which(args []string) error {
	chosen, command := "--all", args
	if len(args) > 1 && args[0] != "--" && !slices.Contains(clusterCommands(), args[0]) {
		chosen, command = hint.Word(args[0]), args[1:] // the -- was forgotten
	}
	if len(command) > 0 && command[0] == "--" {
		command = command[1:]
	}
	return hint.Wrap(errWhichInstances,
		"kubectl edge each %s -- %s", chosen, asTyped(command))
}

// asTyped is kubectl's command as a shell takes it: what follows && in a word of it would be another one of the shell.
func asTyped(args []string) string {
	var words []string
	for _, arg := range args {
		words = append(words, hint.Word(arg))
	}
	return hint.Printable(strings.Join(words, " "))
}

// flagsOf returns the arguments that kubectl could take for flags: those before any -- of its own.
func flagsOf(args []string) []string {
	if i := slices.Index(args, "--"); i >= 0 {
		return args[:i]
	}
	return args
}

func (o *eachOptions) run(ctx context.Context, args []string) error {
	if o.path != "" { // that one alone is meant, while one that is missing among others is nobody's fault
		if _, err := os.Stat(o.path); err != nil {
			return fmt.Errorf("read kubeconfig: %w", err)
		}
	}
	config, err := kubeconfig.Load(ctx, o.path)
	if err != nil {
		return err
	}
	contexts, err := o.chosen(kubeconfig.EdgeContexts(config), config.CurrentContext)
	if err != nil {
		return err
	}
	r := &eachRun{eachOptions: o, config: config, contexts: contexts, merging: o.merges(args),
		names: fleet.Names(contexts), ends: make([]eachEnd, len(contexts))}
	if format, _ := outputOf(args); watches(args) && fleet.IsDocument(format) {
		r.watched = fleet.NewDocuments(r.Out, format)
	}
	if f, ok := r.fleet(args); ok {
		err = f.run(ctx)
	} else {
		err = r.runKubectl(ctx, args)
	}
	interrupted := err != nil && ctx.Err() != nil
	if err != nil && !interrupted {
		return err
	}
	if r.merging.format != "" {
		if err := r.printMerged(); err != nil {
			return err
		}
	}
	if interrupted {
		r.noteMissing()
		return err
	}
	if err := r.Unwritten(); err != nil { // then kubectl failed because nobody read what it wrote
		return err
	}
	return r.worst()
}

// noun is what the contexts lead to.
func (r *eachRun) noun() string {
	instances := map[bool]bool{}
	for _, c := range r.contexts {
		instances[c.Request.Cluster == ""] = true
	}
	switch {
	case slices.ContainsFunc(r.names, func(n fleet.Name) bool { return n.ByContext() }):
		return "context"
	case !instances[true]:
		return "edge cluster"
	case !instances[false]:
		return "instance"
	}
	return "cluster"
}

// noteMissing names the contexts of which an interrupted command has no answer.
func (r *eachRun) noteMissing() {
	var missing []string
	for i := range r.ends {
		if r.ends[i].missing {
			missing = append(missing, r.names[i].String())
		}
	}
	if err := plugin.Failed("no answer from", missing, len(r.contexts), r.noun()); err != nil {
		r.Note("%v", err)
	}
}

// worst is the error of the contexts that failed, with the highest of their exit codes.
func (r *eachRun) worst() error {
	var failed []string
	code, left := 0, 0
	var reasons []string
	for i := range r.ends {
		end, name := &r.ends[i], r.names[i].String()
		if end.err != nil && !slices.Contains(reasons, end.err.Error()) {
			reasons = append(reasons, end.err.Error())
		}
		switch {
		case end.left:
			left++
		case end.code != 0:
			failed = append(failed, name)
		}
		code = max(code, end.code)
	}
	err := plugin.Failed("kubectl failed for", failed, len(r.contexts), r.noun())
	if err == nil {
		return nil
	}
	if left > 0 {
		err = fmt.Errorf("%w; %s left alone", err, plugin.Count(left, "other"))
	}
	if len(reasons) > 0 {
		err = fmt.Errorf("%w: %s", err, strings.Join(reasons, "; "))
	}
	return plugin.WithCode(code, err)
}
