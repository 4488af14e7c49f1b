package edge

import (
	"bytes"
	stdjson "encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/json"

	"github.com/kubectl-edge/kubectl-edge/pkg/fleet"
	"github.com/kubectl-edge/kubectl-edge/pkg/hint"
	"github.com/kubectl-edge/kubectl-edge/pkg/output"
)

// merging is how what the contexts answer becomes one document. kubectl is asked for JSON then.
type merging struct {
	format  string // json or yaml; "" where nothing is merged
	results bool   // an item for each context, rather than for each object
	sort    func([]unstructured.Unstructured)
}

// merges returns how the answers to args are merged: as each's own -o says, or as the -o of a kubectl command says that
// prints objects.
func (o *eachOptions) merges(args []string) merging {
	if fleet.IsDocument(o.format) {
		return merging{format: o.format, results: true}
	}
	objects := []string{
		"annotate", "api-resources", "apply", "auth", "autoscale", "certificate", "create", "events", "expose",
		"get", "label", "patch", "replace", "rollout", "run", "scale", "set", "taint", "version", "wait",
	}
	if !slices.Contains(objects, args[0]) || watches(args) ||
		attaches(args) && hasFlag(args, "-i", "--stdin", "--attach") {
		return merging{}
	}
	if format, _ := outputOf(args); fleet.IsDocument(format) {
		m := merging{format: format, sort: func([]unstructured.Unstructured) {}}
		if command, ok := fleet.Parse(args); ok {
			m.sort = command.SortObjects
		}
		return m
	}
	return merging{}
}

// shortOutput is -o with its value, also behind other flags of a letter that take none.
var shortOutput = regexp.MustCompile(`^-[AwR]*o(?:=(.*)|([^=].*))?$`)

// outputOf is the format that args ask kubectl for, or "", and where the arguments that say so end. The last counts.
func outputOf(args []string) (format string, end int) {
	args = flagsOf(args)
	for i := 0; i < len(args); i++ {
		value, given := strings.CutPrefix(args[i], "--output=")
		short := shortOutput.FindStringSubmatch(args[i])
		if short != nil {
			value, given = short[1]+short[2], strings.Contains(args[i], "o=") || short[2] != ""
		}
		switch {
		case given:
			format, end = value, i+1
		case (short != nil || args[i] == "--output") && i+1 < len(args):
			i++
			format, end = args[i], i+1
		}
	}
	return format, end
}

// withFormat has args ask kubectl for JSON where it is merged, or for the format that each's own -o says.
func (o *eachOptions) withFormat(args []string) []string {
	raw := slices.ContainsFunc(flagsOf(args), func(arg string) bool {
		return arg == "--raw" || strings.HasPrefix(arg, "--raw=")
	})
	wanted := o.format
	if o.merges(args).format != "" {
		wanted = "json"
	}
	if raw {
		return args
	}
	return inFormat(args, wanted)
}

// inFormat has args ask kubectl for this format, if it is one.
func inFormat(args []string, wanted string) []string {
	format, end := outputOf(args)
	if wanted == "" || format == wanted {
		return args
	}
	if format == "" {
		end = verbWords(args)
	}
	return slices.Concat(args[:end], []string{"--output=" + wanted}, args[end:]) // the last one counts
}

// checkFormat is the error of an -o of each that args do not go with, or nil.
func (o *eachOptions) checkFormat(args []string) error {
	if o.format == "" {
		return nil
	}
	name, _, _ := strings.Cut(o.format, "=")
	if err := output.OneOf(name, eachFormats()...); err != nil {
		return err
	}
	format, _ := outputOf(args)
	switch {
	case format != "" && format != o.format:
		return fmt.Errorf("-o %s is kubectl's format, too: leave out the other -o", hint.Word(o.format))
	case fleet.IsDocument(o.format) && watches(args):
		if format == "" {
			args = slices.Concat(args, []string{"-o", o.format})
		}
		return hint.Wrap(fmt.Errorf("-o %s prints one object at the end, and a watch has none", o.format),
			"kubectl edge each … -- %s, for one object after the other", asTyped(args))
	}
	return nil
}

// eachFormats are those of each's own -o, without what some of them take.
func eachFormats() []string {
	return append(output.Names(), "jsonpath-as-json", "go-template-file", "custom-columns-file")
}

// eachResult is an item of each's own -o json.
type eachResult struct {
	Context    string             `json:"context"`
	InstanceID string             `json:"instanceId"`
	ProjectID  string             `json:"projectId"`
	Region     string             `json:"region"`
	Cluster    string             `json:"cluster,omitempty"`
	ExitCode   *int               `json:"exitCode,omitempty"` // nil where nothing ran
	Result     stdjson.RawMessage `json:"result,omitempty"`
	Error      string             `json:"error,omitempty"`
}

var errNotJSON = errors.New("what kubectl printed is not JSON")

func (r *eachRun) printMerged() error {
	if !r.merging.results {
		return r.printObjects()
	}
	items := []eachResult{}
	for i, c := range r.contexts {
		end := &r.ends[i]
		item := eachResult{Context: c.Name, InstanceID: c.Request.InstanceID, ProjectID: c.Request.ProjectID,
			Region: c.Request.Region, Cluster: c.Request.Cluster, ExitCode: &end.code}
		switch {
		case end.left:
			item.ExitCode, item.Error = nil, "not asked, since another context failed"
		case end.missing:
			item.ExitCode, item.Error = nil, "interrupted before there was an answer"
		case end.err != nil:
			item.Error = end.err.Error()
		case end.code != 0:
			item.Error = strings.TrimSpace(end.stderr.String())
		case end.stdout.Len() == 0:
		case !stdjson.Valid(end.stdout.Bytes()):
			end.code, end.err, item.Error = exitError, errNotJSON, errNotJSON.Error()
		default:
			item.Result = end.stdout.Bytes()
		}
		items = append(items, item)
	}
	return r.printDocument(struct {
		APIVersion string       `json:"apiVersion"`
		Kind       string       `json:"kind"`
		Items      []eachResult `json:"items"`
	}{"kubectl-edge/v1", "EachResultList", items})
}

// printObjects prints one list of the objects of all contexts, and their errors.
func (r *eachRun) printObjects() error {
	list := &unstructured.UnstructuredList{Object: map[string]any{
		"apiVersion": "v1", "kind": "List", "metadata": map[string]any{"resourceVersion": ""},
	}}
	streams := r.streams()
	for i := range r.ends {
		end := &r.ends[i]
		if end.missing || end.left {
			end.stderr.Reset()
			continue
		}
		objects, err := objectsOf(end.stdout.Bytes())
		if err != nil { // what it is, a person sees
			_, _ = streams[i].errOut.Write(end.stdout.Bytes())
			streams[i].errOut.Flush()
			if end.code == 0 {
				end.code, end.err = exitError, errNotJSON
			}
		}
		for _, o := range objects {
			fleet.SetOrigin(o, r.names[i].Instance, r.names[i].Cluster)
			list.Items = append(list.Items, unstructured.Unstructured{Object: o})
		}
	}
	r.printErrors(streams)
	r.merging.sort(list.Items)
	return r.printDocument(list.UnstructuredContent())
}

// objectsOf are the objects that kubectl has printed as JSON, one after the other or in lists.
func objectsOf(printed []byte) ([]map[string]any, error) {
	var found []map[string]any
	for decoder := stdjson.NewDecoder(bytes.NewReader(printed)); decoder.More(); {
		var document stdjson.RawMessage
		if err := decoder.Decode(&document); err != nil {
			return found, err
		}
		var object map[string]any
		if err := json.Unmarshal(document, &object); err != nil { // whole numbers stay so
			return found, err
		} else if object == nil {
			continue // null
		}
		listed, several := object["items"]
		if kind, _ := object["kind"].(string); !several || !strings.HasSuffix(kind, "List") {
			found = append(found, object)
			continue
		}
		items, _ := listed.([]any) // null where there are none
		for _, item := range items {
			if object, ok := item.(map[string]any); ok {
				found = append(found, object)
			}
		}
	}
	return found, nil
}

// printDocument prints one document in the format that was asked for.
func (r *eachRun) printDocument(document any) error {
	data, err := fleet.Document(r.merging.format, document)
	if err != nil {
		return fmt.Errorf("print what the contexts answered: %w", err)
	}
	_, err = r.Out.Write(data)
	return err
}
