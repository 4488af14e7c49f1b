// Package output prints lists and single things as kubectl does: a table, or what -o asks for, through the printers of
// k8s.io/cli-runtime.
package output

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/cli-runtime/pkg/printers"

	"github.com/spf13/pflag"

	"github.com/kubectl-edge/kubectl-edge/pkg/hint"
)

// formats are the values of -o.
const formats = "json|yaml|name|wide|jsonpath=TEMPLATE|jsonpath-file=FILE|go-template=TEMPLATE|" +
	"custom-columns=NAME:PATH,…"

// apiVersion is the version of the objects that -o json and yaml show. The fields besides kind and metadata are those
// of the API they come from, and else of one vocabulary: see the test of plugins/edge that holds it.
const apiVersion = "kubectl-edge/v1"

// Flags is how to print.
type Flags struct {
	Format    string
	NoHeaders bool
	SortBy    string // path of a field, for a list
	Limit     int    // of a list's items, 0 for all
}

// AddFlags adds -o/--output and --no-headers.
func (f *Flags) AddFlags(fs *pflag.FlagSet) {
	fs.StringVarP(&f.Format, "output", "o", f.Format, "output format: "+formats)
	fs.BoolVar(&f.NoHeaders, "no-headers", f.NoHeaders, "print tables without the line of column names")
}

// Column is a column of the table, and the path of its value in an object.
type Column[T any] struct {
	Name  string
	Wide  bool // only in -o wide
	Value func(T) string
}

// Kind describes things of one kind.
type Kind[T any] struct {
	Name    string         // such as Instance
	ID      func(T) string // the name in -o name, and metadata.name
	Columns []Column[T]
}

// List prints items. An empty table prints nothing on w; the caller says so elsewhere.
func List[T any](w io.Writer, f Flags, k Kind[T], items []T) error {
	items, err := sorted(f, k, items)
	if err != nil {
		return err
	}
	if f.Limit > 0 {
		items = items[:min(len(items), f.Limit)]
	}
	if f.Table() {
		return printTable(w, f, k, items)
	}
	list := &unstructured.UnstructuredList{Object: map[string]any{"apiVersion": apiVersion, "kind": k.Name + "List"}}
	list.Items = []unstructured.Unstructured{} // "items": [], not null
	for _, item := range items {
		object, err := k.object(item)
		if err != nil {
			return err
		}
		list.Items = append(list.Items, *object)
	}
	return f.print(w, list, list.Items)
}

// One prints a single item; its table has one row.
func One[T any](w io.Writer, f Flags, k Kind[T], item T) error {
	if f.Table() {
		return printTable(w, f, k, []T{item})
	}
	object, err := k.object(item)
	if err != nil {
		return err
	}
	return f.print(w, object, []unstructured.Unstructured{*object})
}

// Table reports whether a table is wanted rather than something for machines.
func (f Flags) Table() bool { return f.Format == "" || f.Format == "wide" }

// Validate reports whether Format is one that can be printed. It is to be called before that is.
func (f *Flags) Validate(ctx context.Context, more ...string) error {
	if err := f.checkSortBy(); err != nil {
		return err
	}
	if f.Table() {
		return nil
	}
	if err := f.readTemplate(ctx); err != nil {
		return err
	}
	if slices.Contains(more, f.Format) {
		return nil
	}
	_, err := f.printer(more...)
	return err
}

func (k Kind[T]) object(item T) (*unstructured.Unstructured, error) {
	data, err := json.Marshal(item)
	if err != nil {
		return nil, fmt.Errorf("print %s: %w", strings.ToLower(k.Name), err)
	}
	object := map[string]any{}
	if err := json.Unmarshal(data, &object); err != nil {
		return nil, fmt.Errorf("print %s: %w", strings.ToLower(k.Name), err)
	}
	for _, name := range []string{"apiVersion", "kind", "metadata"} {
		if _, taken := object[name]; taken {
			return nil, fmt.Errorf("print %s: its field %s would be lost: every object has one",
				strings.ToLower(k.Name), name)
		}
	}
	writeTimestamps(object)
	object["apiVersion"], object["kind"] = apiVersion, k.Name
	object["metadata"] = map[string]any{"name": k.ID(item)}
	return &unstructured.Unstructured{Object: object}, nil
}

func (f Flags) print(w io.Writer, object runtime.Object, items []unstructured.Unstructured) error {
	if columns, ok := strings.CutPrefix(f.Format, "custom-columns="); ok {
		var out bytes.Buffer
		if err := printCustomColumns(&out, columns, f.NoHeaders, items); err != nil {
			return f.misfit(object)
		}
		_, err := w.Write(out.Bytes())
		return err
	}
	printer, err := f.printer()
	if err != nil {
		return err
	}
	if f.Format == "yaml" {
		data, err := marshalYAML(object)
		if err == nil {
			_, err = w.Write(data)
		}
		return err
	}
	if f.Format != "name" {
		var out bytes.Buffer
		if err := printer.PrintObj(object, &out); err != nil {
			return f.misfit(object)
		}
		data := out.Bytes()
		if f.Format == "json" {
			data = EscapeJSON(data)
		}
		_, err := w.Write(data)
		return err
	}
	for _, item := range items { // instance/demo-3714d85, without the group, which nothing takes as an argument
		named := &metav1.PartialObjectMetadata{
			TypeMeta:   metav1.TypeMeta{APIVersion: "v1", Kind: item.GetKind()},
			ObjectMeta: metav1.ObjectMeta{Name: hint.Printable(item.GetName())},
		}
		if err := printer.PrintObj(named, w); err != nil {
			return err
		}
	}
	return nil
}

// misfit is the error for a template that cannot be filled. What the printers say is not passed on: it shows the
// object, which may hold a token, and for some templates on w.
func (f Flags) misfit(object runtime.Object) error {
	return hint.Wrap(fmt.Errorf("print %s: the template of -o %.200q does not fit it",
		object.GetObjectKind().GroupVersionKind().Kind, f.Format),
		"see the whole object with -o json")
}

func printTable[T any](w io.Writer, f Flags, k Kind[T], items []T) error {
	if len(items) == 0 {
		return nil
	}
	lines := bufio.NewWriter(w) // the tab writer writes each cell and each padding by itself
	return cmp.Or(printRows(lines, f, k, items), lines.Flush())
}

// printRows prints the table on w, which may be a tab writer that keeps the widths of columns.
func printRows[T any](w io.Writer, f Flags, k Kind[T], items []T) error {
	table := &metav1.Table{}
	columns := slices.DeleteFunc(slices.Clone(k.Columns),
		func(c Column[T]) bool { return c.Wide && f.Format != "wide" })
	for _, c := range columns {
		table.ColumnDefinitions = append(table.ColumnDefinitions,
			metav1.TableColumnDefinition{Name: c.Name, Type: "string"})
	}
	for _, item := range items {
		row := metav1.TableRow{}
		for _, c := range columns {
			row.Cells = append(row.Cells, hint.Printable(c.Value(item)))
		}
		table.Rows = append(table.Rows, row)
	}
	return printers.NewTablePrinter(printers.PrintOptions{NoHeaders: f.NoHeaders}).PrintObj(table, w)
}
