package edge

import (
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"github.com/kubectl-edge/kubectl-edge/pkg/fleet"
	"github.com/kubectl-edge/kubectl-edge/pkg/hint"
	"github.com/kubectl-edge/kubectl-edge/pkg/kubeconfig"
)

// take cuts off the instances that stand before a --, with the flags between them, and returns kubectl's arguments.
// Where flags have chosen the contexts, or a -- stood in front of all, another -- is kubectl's own, as in
// exec POD -- COMMAND.
func (o *eachOptions) take(fs *pflag.FlagSet, args []string) ([]string, error) {
	at := slices.Index(args, "--")
	if at > 0 && fs.ArgsLenAtDash() < 0 && !o.all && len(o.selector)+len(o.contexts) == 0 {
		fs.SetInterspersed(true)
		if err := fs.Parse(args[:at]); err != nil {
			return nil, err
		}
		o.named, args = fs.Args(), args[at+1:]
		o.behind = args
	}
	if len(args) > 0 && args[0] == "kubectl" { // as people write it who paste a command that works
		args = args[1:]
	}
	return verbFirst(args), nil
}

// chosenByName returns the contexts that arguments like demo, demo/berlin or site* choose.
func (o *eachOptions) chosenByName(ours []kubeconfig.EdgeContext, current string) ([]kubeconfig.EdgeContext, error) {
	chosen := make([]bool, len(ours))
	for _, word := range o.named {
		found := false
		for i, c := range ours {
			if means(word, c, o.clusters) {
				chosen[i], found = true, true
			}
		}
		if !found {
			return nil, o.unknown(word, ours)
		}
	}
	var contexts []kubeconfig.EdgeContext
	for i, c := range ours {
		if chosen[i] {
			contexts = append(contexts, c)
		}
	}
	return oncePerCluster(contexts, func(c kubeconfig.EdgeContext) bool {
		return slices.Contains(o.named, c.Name) // which means no other
	}, current), nil
}

// oncePerCluster leaves one context of each instance and edge cluster: the current one, else the least by its name.
// Those that are meant by their own names stay.
func oncePerCluster(contexts []kubeconfig.EdgeContext, meant func(kubeconfig.EdgeContext) bool,
	current string) []kubeconfig.EdgeContext {
	type cluster struct{ project, region, instance, namespace, name string }
	of := func(c kubeconfig.EdgeContext) cluster {
		r, at := c.Request, c.Request.WithDefaults()
		return cluster{r.ProjectID, r.Region, r.InstanceID, at.ClusterNamespace, at.Cluster}
	}
	chosen := map[cluster]string{} // the context
	for _, c := range contexts {
		if chosen[of(c)] == "" || c.Name == current {
			chosen[of(c)] = c.Name
		}
	}
	for _, c := range contexts {
		if meant(c) {
			chosen[of(c)] = c.Name
		}
	}
	return slices.DeleteFunc(contexts, func(c kubeconfig.EdgeContext) bool {
		return chosen[of(c)] != c.Name && !meant(c)
	})
}

// means reports whether an argument means the context: by its own name, or by those of its instance and edge cluster.
// Without an edge cluster it means instances, or all edge clusters of them.
func means(word string, c kubeconfig.EdgeContext, clusters bool) bool {
	if word == c.Name {
		return true
	}
	instance, cluster, ofCluster := strings.Cut(word, "/")
	values := selectable(c)
	if !globMatches(instance, values["name"]) && !globMatches(instance, values["id"]) {
		return false
	}
	if ofCluster {
		return c.Request.Cluster != "" && globMatches(cluster, c.Request.Cluster)
	}
	return clusters == (c.Request.Cluster != "")
}

// isPattern reports whether an argument is a pattern: no name has these characters.
func isPattern(word string) bool { return strings.ContainsAny(word, "*?[") }

// unknown is the error where an argument means none of our contexts.
func (o *eachOptions) unknown(word string, ours []kubeconfig.EdgeContext) error {
	what := "instance"
	if strings.Contains(word, "/") || o.clusters {
		what = "edge cluster"
	}
	if word == o.named[0] && slices.Contains(clusterCommands(), word) { // the first -- was forgotten
		return usageError{hint.Wrap(fmt.Errorf("%w; %s is kubectl's and stands behind the --", errWhichInstances, word),
			"kubectl edge each %s -- %s", "--all", asTyped(slices.Concat(o.named, []string{"--"}, o.behind)))}
	}
	err := fmt.Errorf("no context of %s %.80q in the kubeconfig", what, word)
	if isPattern(word) {
		return hint.Wrap(err, "kubectl config get-contexts")
	}
	var names []string
	for _, c := range ours {
		called := fleet.NameOf(c.Request)
		if name := called.String(); !slices.Contains(names, name) {
			names = append(names, name)
		}
		if !slices.Contains(names, called.Instance) && what == "instance" {
			names = append(names, called.Instance)
		}
	}
	err = hint.Wrap(err, "kubectl edge use %s", hint.Word(word))
	if slices.Contains(names, word) { // as an instance, where an edge cluster was meant, or the other way round
		return err
	}
	return hint.Among(err, "", word, names)
}

// chosen returns those of our contexts that the flags choose.
func (o *eachOptions) chosen(ours []kubeconfig.EdgeContext, current string) ([]kubeconfig.EdgeContext, error) {
	if len(o.named) > 0 {
		return o.chosenByName(ours, current)
	}
	contexts := slices.DeleteFunc(slices.Clone(ours), func(c kubeconfig.EdgeContext) bool {
		return o.clusters != (c.Request.Cluster != "")
	})
	there := slices.Clone(contexts)
	contexts = slices.DeleteFunc(contexts, func(c kubeconfig.EdgeContext) bool { return !o.matches(c) })
	switch {
	case len(contexts) > 0:
		return oncePerCluster(contexts, func(kubeconfig.EdgeContext) bool { return len(o.contexts) > 0 }, current), nil
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

// globMatches matches names, in which a / is a character like others, unlike in paths.
func globMatches(glob, value string) bool {
	plain := strings.NewReplacer("/", "\x00")
	ok, err := path.Match(plain.Replace(glob), plain.Replace(value))
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
