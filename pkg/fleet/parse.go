package fleet

import (
	"io"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/spf13/pflag"
)

// defaultChunk is how many objects kubectl asks for at once.
const defaultChunk = 500

// Parse reads the arguments of kubectl, and reports whether the command is one that is answered here. It is not where
// anything is unknown or wrong: kubectl does it, or says what is wrong.
func Parse(args []string) (*Command, bool) {
	if len(args) == 0 || slices.Contains(args, "--help") || slices.Contains(args, "-h") {
		return nil, false
	}
	rest := args[1:]
	switch args[0] {
	case "get":
		return parseGet(rest)
	case "version":
		return parseVersion(rest)
	case "api-resources":
		return parseAPIResources(rest)
	case "auth":
		if len(rest) > 0 && rest[0] == "whoami" {
			return parseWhoami(rest[1:])
		}
	case "wait":
		return parseWait(rest)
	}
	return nil, false
}

// flags are those of a command, which says nothing by itself about what is wrong with them.
func flags() *pflag.FlagSet {
	fs := pflag.NewFlagSet("", pflag.ContinueOnError)
	fs.SetOutput(io.Discard)
	fs.Usage = func() {}
	return fs
}

// outputFlags are those of the formats.
type outputFlags struct {
	output, template           string
	managedFields, missingKeys bool
}

func (o *outputFlags) add(fs *pflag.FlagSet) {
	fs.StringVarP(&o.output, "output", "o", "", "")
	fs.StringVar(&o.template, "template", "", "")
	fs.BoolVar(&o.managedFields, "show-managed-fields", false, "")
	fs.BoolVar(&o.missingKeys, "allow-missing-template-keys", true, "")
}

func (o *outputFlags) format() (format, bool) {
	f, err := parseFormat(o.output, o.template)
	f.managedFields, f.missingKeys = o.managedFields, o.missingKeys
	return f, err == nil
}

func (s *selection) add(fs *pflag.FlagSet) {
	fs.StringVarP(&s.namespace, "namespace", "n", "", "")
	fs.BoolVarP(&s.allNamespaces, "all-namespaces", "A", false, "")
	fs.StringVarP(&s.labels, "selector", "l", "", "")
	fs.StringVar(&s.fields, "field-selector", "", "")
}

// given takes the arguments that are no flags.
func (s *selection) given(args []string) bool {
	s.args = args
	s.labels, s.fields = strings.TrimSpace(s.labels), strings.TrimSpace(s.fields)
	return len(args) > 0 && !slices.Contains(args, "")
}

func parseGet(args []string) (*Command, bool) {
	g := &getCommand{known: &known{}, selection: selection{everything: true}}
	fs := flags()
	var out outputFlags
	var raw string
	out.add(fs)
	g.add(fs)
	fs.StringVar(&raw, "raw", "", "")
	fs.Int64Var(&g.chunk, "chunk-size", defaultChunk, "")
	fs.StringVar(&g.sortBy, "sort-by", "", "")
	fs.BoolVar(&g.ignore, "ignore-not-found", false, "")
	fs.BoolVar(&g.showKind, "show-kind", false, "")
	fs.BoolVar(&g.options.noHeaders, "no-headers", false, "")
	fs.BoolVar(&g.options.showLabels, "show-labels", false, "")
	fs.StringSliceVarP(&g.options.labels, "label-columns", "L", nil, "")
	fs.BoolVarP(&g.watches, "watch", "w", false, "")
	fs.BoolVar(&g.watchOnly, "watch-only", false, "")
	if fs.Parse(args) != nil {
		return nil, false
	}
	if raw != "" {
		_, err := url.ParseRequestURI(raw)
		others := false
		fs.Visit(func(f *pflag.Flag) { others = others || f.Name != "raw" && f.Name != "namespace" })
		return &Command{verb: &rawCommand{raw}}, err == nil && fs.NArg() == 0 && !others
	}
	var ok bool
	if g.format, ok = out.format(); !ok || !g.given(fs.Args()) || fs.Changed("raw") {
		return nil, false
	}
	g.options.wide = g.format.name == "wide"
	watches := g.watches || g.watchOnly
	if g.options.showLabels && !g.format.human() || g.chunk < 0 || watches && g.sortBy != "" {
		return nil, false // kubectl has something to say about it
	}
	c := &Command{verb: g}
	if watches {
		if g.format.name == "custom-columns" {
			return nil, false
		}
		g.single, c.watch = true, g
	}
	return c, true
}

func parseVersion(args []string) (*Command, bool) {
	v := &versionCommand{}
	fs := flags()
	fs.StringVarP(&v.output, "output", "o", "", "")
	ok := fs.Parse(args) == nil && fs.NArg() == 0 && slices.Contains([]string{"", "json", "yaml"}, v.output)
	return &Command{verb: v}, ok
}

func parseAPIResources(args []string) (*Command, bool) {
	r := &apiResourcesCommand{known: &known{}}
	var group string
	var namespaced bool
	fs := flags()
	fs.StringVarP(&r.output, "output", "o", "", "")
	fs.BoolVar(&r.noHeaders, "no-headers", false, "")
	fs.StringVar(&group, "api-group", "", "")
	fs.BoolVar(&namespaced, "namespaced", true, "")
	fs.StringSliceVar(&r.verbs, "verbs", nil, "")
	fs.StringSliceVar(&r.categories, "categories", nil, "")
	fs.StringVar(&r.sortBy, "sort-by", "", "")
	fs.BoolVar(&r.cached, "cached", false, "")
	ok := fs.Parse(args) == nil && fs.NArg() == 0 && slices.Contains([]string{"", "wide", "name"}, r.output) &&
		slices.Contains([]string{"", "name", "kind"}, r.sortBy)
	if fs.Changed("api-group") {
		r.group = &group
	}
	if fs.Changed("namespaced") {
		r.namespaced = &namespaced
	}
	return &Command{verb: r}, ok
}

func parseWhoami(args []string) (*Command, bool) {
	w := &whoamiCommand{}
	fs := flags()
	var out outputFlags
	out.add(fs)
	if fs.Parse(args) != nil || fs.NArg() > 0 {
		return nil, false
	}
	var ok bool
	w.format, ok = out.format()
	return &Command{verb: w}, ok && w.format.name != "wide" && w.format.name != "custom-columns"
}

func parseWait(args []string) (*Command, bool) {
	w := &waitCommand{known: &known{}}
	var conditions []string
	fs := flags()
	w.add(fs)
	fs.BoolVar(&w.everything, "all", false, "")
	fs.StringArrayVar(&conditions, "for", nil, "")
	fs.DurationVar(&w.timeout, "timeout", 30*time.Second, "")
	if fs.Parse(args) != nil || !w.given(fs.Args()) || len(conditions) != 1 || w.timeout <= 0 {
		return nil, false
	}
	var ok bool
	w.condition, ok = parseCondition(conditions[0])
	return &Command{verb: w}, ok
}
