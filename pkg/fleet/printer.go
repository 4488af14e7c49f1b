package fleet

import (
	"errors"
	"fmt"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/cli-runtime/pkg/printers"
	"k8s.io/client-go/util/jsonpath"
)

// format is kubectl's -o.
type format struct {
	name          string // "", wide, json, yaml, name, jsonpath, jsonpath-as-json, go-template or custom-columns
	template      string
	managedFields bool
	missingKeys   bool
}

// human reports whether the format is a table of the server's.
func (f format) human() bool { return f.name == "" || f.name == "wide" }

// errUnknownFormat is the error of a format that is left to kubectl.
var errUnknownFormat = errors.New("this format is left to kubectl")

// parseFormat reads the value of -o and of --template.
func parseFormat(output, template string) (format, error) {
	f := format{name: output, template: template, missingKeys: true}
	switch output {
	case "", "wide", "json", "yaml", "name":
		if template != "" && output != "" {
			return f, errUnknownFormat
		}
		if template != "" {
			f.name = "go-template"
		}
		return f, nil
	}
	name, value, found := strings.Cut(output, "=")
	switch {
	case name == "template":
		name = "go-template"
	case name != "jsonpath" && name != "jsonpath-as-json" && name != "go-template" && name != "custom-columns":
		return f, errUnknownFormat // a file is read, or kubectl says what there is
	}
	if f.name = name; found && template == "" {
		f.template = value
	}
	if f.template == "" || found && template != "" {
		return f, errUnknownFormat
	}
	if f.name == "custom-columns" {
		_, err := columnsOf(f.template)
		return f, err
	}
	_, err := f.printer()
	return f, err
}

// printer returns a printer for what one member answers: some remember what they have printed.
func (f format) printer() (printers.ResourcePrinter, error) {
	var printer printers.ResourcePrinter
	switch f.name {
	case "json":
		printer = &printers.JSONPrinter{}
	case "yaml":
		printer = &printers.YAMLPrinter{}
	case "name":
		return &printers.NamePrinter{ShortOutput: true}, nil
	case "jsonpath", "jsonpath-as-json":
		p, err := printers.NewJSONPathPrinter(f.template)
		if err != nil {
			return nil, err
		}
		p.AllowMissingKeys(f.missingKeys)
		p.EnableJSONOutput(f.name == "jsonpath-as-json")
		return p, nil
	case "go-template":
		p, err := printers.NewGoTemplatePrinter([]byte(f.template))
		if err != nil {
			return nil, err
		}
		p.AllowMissingKeys(f.missingKeys)
		return p, nil
	default:
		return nil, errUnknownFormat
	}
	if !f.managedFields {
		printer = &printers.OmitManagedFieldsPrinter{Delegate: printer}
	}
	return printer, nil
}

// column is one of kubectl's custom columns.
type column struct{ header, path string }

// columnsOf reads the value of custom-columns.
func columnsOf(spec string) ([]column, error) {
	var columns []column
	for _, part := range strings.Split(spec, ",") {
		header, path, found := strings.Cut(part, ":")
		if !found {
			return nil, fmt.Errorf("unexpected custom-columns spec: %s, expected <header>:<json-path-expr>", part)
		}
		path, err := relaxedPath(path)
		if err != nil {
			return nil, err
		}
		if err := jsonpath.New("column").Parse(path); err != nil {
			return nil, err
		}
		columns = append(columns, column{header, path})
	}
	return columns, nil
}

// customTable prints objects in custom columns; see kubectl's CustomColumnsPrinter.
func customTable(spec string, objects []unstructured.Unstructured) (Table, error) {
	columns, err := columnsOf(spec)
	if err != nil {
		return Table{}, err
	}
	var header []string
	var parsers []*jsonpath.JSONPath
	for _, c := range columns {
		header = append(header, c.header)
		parser := jsonpath.New("column").AllowMissingKeys(true)
		if err := parser.Parse(c.path); err != nil {
			return Table{}, err
		}
		parsers = append(parsers, parser)
	}
	var rows [][]string
	for _, object := range objects {
		var row []string
		for _, parser := range parsers {
			cell, err := customCell(parser, &object)
			if err != nil {
				return Table{}, err
			}
			row = append(row, cell)
		}
		rows = append(rows, row)
	}
	return plainTable(header, rows), nil
}

func customCell(parser *jsonpath.JSONPath, object runtime.Unstructured) (string, error) {
	results, err := parser.FindResults(object.UnstructuredContent())
	if err != nil {
		return "", err
	}
	var values []string
	if len(results) == 0 || len(results[0]) == 0 {
		values = append(values, "<none>")
	}
	for _, result := range results {
		for _, value := range result {
			values = append(values, printers.EscapeTerminal(fmt.Sprint(value.Interface())))
		}
	}
	return strings.Join(values, ","), nil
}
