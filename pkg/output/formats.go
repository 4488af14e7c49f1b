package output

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/cli-runtime/pkg/printers"
	"k8s.io/client-go/util/jsonpath"

	"github.com/kubectl-edge/kubectl-edge/pkg/atomicfile"
	"github.com/kubectl-edge/kubectl-edge/pkg/hint"
	"github.com/kubectl-edge/kubectl-edge/pkg/interrupt"
)

// maxTemplate bounds the file of a template, in bytes: it may be a pipe or a device without an end.
const maxTemplate = 1 << 20

// readTemplate takes a template from its file, once: a pipe, such as a shell's <(command), can be read only once.
// One that says nothing is waited for until ctx ends.
func (f *Flags) readTemplate(ctx context.Context) error {
	path, ok := strings.CutPrefix(f.Format, "jsonpath-file=")
	if !ok {
		return nil
	}
	data, err := interrupt.Read(ctx, func() ([]byte, error) {
		data, _, err := atomicfile.ReadInput(path, maxTemplate)
		return data, err
	})
	if err != nil {
		return fmt.Errorf("read the template of -o jsonpath-file: open %s: %w", path, err)
	}
	f.Format = "jsonpath=" + string(data)
	return nil
}

// printer returns the printer of a format other than a table.
// more are formats that the caller knows beside ours.
func (f Flags) printer(more ...string) (printers.ResourcePrinter, error) {
	format, template, hasTemplate := strings.Cut(f.Format, "=")
	switch {
	case format == "json" && !hasTemplate:
		return &printers.JSONPrinter{}, nil
	case format == "yaml" && !hasTemplate:
		return &printers.YAMLPrinter{}, nil
	case format == "name" && !hasTemplate:
		return &printers.NamePrinter{}, nil
	case format == "jsonpath" && hasTemplate:
		p, err := printers.NewJSONPathPrinter(relaxed(template))
		if err != nil {
			return nil, err
		}
		p.AllowMissingKeys(true) // as kubectl get does
		return p, nil
	case format == "go-template" && hasTemplate:
		return printers.NewGoTemplatePrinter([]byte(template))
	case format == "custom-columns" && hasTemplate:
		_, err := parseColumns(template)
		return nil, err
	}
	err := fmt.Errorf("unknown output format %.60q: want %s", f.Format, strings.Join(append([]string{formats}, more...),
		"|"))
	alike := hint.Alike(format, append(Names(), more...))
	for i, like := range alike {
		switch {
		case hasTemplate && Takes(like):
			like += "=" + template
		case Takes(like):
			like += "=…"
		}
		alike[i] = "-o " + hint.Word(like)
	}
	return nil, hint.DidYouMean(err, alike...)
}

// OneOf is the error for a format that is not one of names, or nil.
func OneOf(format string, names ...string) error {
	if slices.Contains(names, format) {
		return nil
	}
	return hint.Among(fmt.Errorf("unknown output format %.60q: want %s", format, hint.Either(names...)), "-o ", format,
		names)
}

// Names are the formats of -o without what some of them take.
func Names() []string {
	var names []string
	for _, f := range strings.Split(formats, "|") {
		name, _, _ := strings.Cut(f, "=")
		names = append(names, name)
	}
	return names
}

// Takes reports whether a format of Names is followed by "=" and a template.
func Takes(name string) bool { return strings.Contains(formats, "|"+name+"=") }

// relaxed completes a JSONPath expression as kubectl does: x.y, .x.y and {x.y} all mean {.x.y}.
func relaxed(template string) string {
	if strings.ContainsAny(template, "{}") || template == "" {
		return template
	}
	return "{." + strings.TrimPrefix(strings.TrimPrefix(template, "$"), ".") + "}"
}

type customColumn struct {
	name string
	path *jsonpath.JSONPath
}

func parseColumns(spec string) ([]customColumn, error) {
	if spec == "" {
		return nil, errors.New("custom-columns: want NAME:PATH,…, such as ID:.id,UI:.frontendUrl")
	}
	var columns []customColumn
	for _, part := range strings.Split(spec, ",") {
		name, path, ok := strings.Cut(part, ":")
		if !ok || name == "" || path == "" {
			return nil, fmt.Errorf("custom-columns: %.60q is not NAME:PATH", part)
		}
		p := jsonpath.New(name).AllowMissingKeys(true)
		if err := p.Parse(relaxed(path)); err != nil {
			return nil, fmt.Errorf("custom-columns: column %s: %w", name, err)
		}
		columns = append(columns, customColumn{name, p})
	}
	return columns, nil
}

// printCustomColumns prints what kubectl's printer of the same name would, which cli-runtime does not have.
func printCustomColumns(out io.Writer, spec string, noHeaders bool, items []unstructured.Unstructured) error {
	columns, err := parseColumns(spec)
	if err != nil {
		return err
	}
	w := printers.GetNewTabWriter(out)
	row := make([]string, len(columns))
	if !noHeaders {
		for i, c := range columns {
			row[i] = c.name
		}
		fmt.Fprintln(w, strings.Join(row, "\t"))
	}
	for _, item := range items {
		for i, c := range columns {
			if row[i], err = c.value(item); err != nil {
				return err
			}
		}
		fmt.Fprintln(w, strings.Join(row, "\t"))
	}
	return w.Flush()
}

func (c customColumn) value(item unstructured.Unstructured) (string, error) {
	results, err := c.path.FindResults(item.Object)
	if err != nil {
		return "", fmt.Errorf("custom-columns: column %s: %w", c.name, err)
	}
	var values []string
	for _, result := range results {
		for _, v := range result {
			values = append(values, hint.Printable(fmt.Sprint(v.Interface())))
		}
	}
	if len(values) == 0 {
		return "<none>", nil
	}
	return strings.Join(values, ","), nil
}
