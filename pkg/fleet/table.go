package fleet

import (
	"bufio"
	"cmp"
	"fmt"
	"io"
	"reflect"
	"slices"
	"sort"
	"strings"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/cli-runtime/pkg/printers"

	"github.com/kubectl-edge/kubectl-edge/pkg/hint"
)

// Table is one that kubectl prints for one member: of one resource, or of a command's own columns.
type Table struct {
	mapping       *meta.RESTMapping // nil for a command's own
	pages         []*metav1.Table
	withKind      bool
	withNamespace bool
	plain         bool // shown as it is: with its header's own letters, and also without a row
}

// Merger prints the tables of many members as one, in which columns in front say whose a row is.
type Merger struct {
	clusters  bool // there is a column of the edge clusters
	noHeaders bool
	options   printers.PrintOptions
	sortBy    string
}

// Merger returns what prints tables of the command for these members.
func (c *Command) Merger(members []*Member) *Merger {
	m := &Merger{clusters: slices.ContainsFunc(members, func(m *Member) bool { return m.Cluster != "" })}
	if t, ok := c.verb.(interface{ table() (tableOptions, string) }); ok {
		var o tableOptions
		o, m.sortBy = t.table()
		m.noHeaders = o.noHeaders
		m.options = printers.PrintOptions{
			NoHeaders: o.noHeaders, Wide: o.wide, ShowLabels: o.showLabels, ColumnLabels: o.labels,
		}
	}
	return m
}

func (g *getCommand) table() (tableOptions, string) { return g.options, g.sortBy }

// merged is the tables of several members that are printed as one.
type merged struct {
	key   string // which tables of the members belong together
	table *metav1.Table
	plain bool
}

// Print writes the tables of all answers to out. Those with the same columns become one; where the servers' columns
// differ, as after an update of some, there is a table for each form, and a member's rows stay in kubectl's order.
func (m *Merger) Print(out io.Writer, members []*Member, answers []*Answer) error {
	var all []*merged
	var keys []string // in kubectl's order, which also members without a row have
	for i, a := range answers {
		if a == nil {
			continue
		}
		seen := map[string]int{}
		for _, t := range a.Tables {
			key := t.key(seen)
			if !slices.Contains(keys, key) {
				keys = append(keys, key)
			}
			for _, page := range t.pages {
				if len(page.Rows) == 0 && !t.plain {
					continue
				}
				decorated := m.decorate(t, page, members[i])
				at := slices.IndexFunc(all, func(other *merged) bool {
					return other.key == key &&
						reflect.DeepEqual(other.table.ColumnDefinitions, decorated.ColumnDefinitions)
				})
				if at < 0 {
					all = append(all, &merged{key, decorated, t.plain})
					continue
				}
				all[at].table.Rows = append(all[at].table.Rows, decorated.Rows...)
			}
		}
	}
	slices.SortStableFunc(all, func(a, b *merged) int {
		return slices.Index(keys, a.key) - slices.Index(keys, b.key)
	})
	for i, one := range all {
		if i > 0 && !m.noHeaders {
			if _, err := fmt.Fprintln(out); err != nil {
				return err
			}
		}
		m.sort(one.table)
		if err := m.print(out, one); err != nil {
			return err
		}
	}
	return nil
}

func (m *Merger) print(out io.Writer, one *merged) error {
	lines := bufio.NewWriter(out) // the tab writer writes each cell and each padding by itself
	w := printers.GetNewTabWriter(lines)
	if one.plain {
		printPlain(w, one.table, m.noHeaders)
	} else if err := printers.NewTablePrinter(m.options).PrintObj(one.table, w); err != nil {
		return err
	}
	return cmp.Or(w.Flush(), lines.Flush())
}

// printPlain writes a table as it is. A tab writer keeps what is written until it is flushed.
func printPlain(w io.Writer, table *metav1.Table, noHeaders bool) {
	if !noHeaders {
		var names []string
		for _, column := range table.ColumnDefinitions {
			names = append(names, column.Name)
		}
		fmt.Fprintln(w, strings.Join(names, "\t"))
	}
	for _, row := range table.Rows {
		for i, cell := range row.Cells {
			if i > 0 {
				fmt.Fprint(w, "\t")
			}
			fmt.Fprint(w, cell)
		}
		fmt.Fprintln(w)
	}
}

// key says which tables belong together: those of a resource, and where a member has several of it, the first with the
// first. It counts in seen.
func (t Table) key(seen map[string]int) string {
	name := ""
	if t.mapping != nil {
		name = t.mapping.Resource.GroupResource().String()
	}
	seen[name]++
	return fmt.Sprintf("%s %d", name, seen[name])
}

// sort puts the rows of all members in order. Those of one member are so already, and stay as they are where they are
// equal.
func (m *Merger) sort(table *metav1.Table) {
	if m.sortBy == "" {
		return
	}
	values, err := sortValues(m.sortBy, rowObjects(table.Rows))
	if err != nil { // then no member's were sorted either
		return
	}
	places := make([]int, len(table.Rows))
	for i := range places {
		places[i] = i
	}
	sort.SliceStable(places, func(i, j int) bool {
		a, b := values[places[i]], values[places[j]]
		if !a.IsValid() && !b.IsValid() {
			return false
		}
		less, _ := lessValue(a, b) // the rows of each member could be compared
		return less
	})
	sorted := make([]metav1.TableRow, len(places))
	for i, place := range places {
		sorted[i] = table.Rows[place]
	}
	table.Rows = sorted
}

// decorate puts the columns in front of a member's table: whose it is, and where kubectl shows it the namespace.
func (m *Merger) decorate(t Table, page *metav1.Table, member *Member) *metav1.Table {
	front := []metav1.TableColumnDefinition{{Name: "INSTANCE", Type: "string"}}
	cells := []any{member.Instance}
	if m.clusters {
		front = append(front, metav1.TableColumnDefinition{Name: "CLUSTER", Type: "string"})
		cells = append(cells, member.Cluster)
	}
	if t.withNamespace {
		front = append(front, metav1.TableColumnDefinition{Name: "Namespace", Type: "string"})
	}
	decorated := &metav1.Table{}
	for _, column := range page.ColumnDefinitions {
		column.Description = "" // which may differ where what is shown does not
		column.Name = hint.Printable(column.Name)
		front = append(front, column)
	}
	decorated.ColumnDefinitions = front
	name := nameColumn(page.ColumnDefinitions)
	for _, row := range page.Rows {
		all := slices.Clone(cells)
		if t.withNamespace {
			all = append(all, namespaceOf(row))
		}
		values := slices.Clone(row.Cells)
		if t.withKind && name >= 0 && name < len(values) {
			kind := t.mapping.GroupVersionKind.GroupKind().String()
			values[name] = fmt.Sprintf("%s/%v", strings.ToLower(kind), values[name])
		}
		row.Cells = append(all, values...)
		for i := range row.Cells {
			row.Cells[i] = shown(row.Cells[i], t.plain)
		}
		m.showLabels(row)
		decorated.Rows = append(decorated.Rows, row)
	}
	return decorated
}

// shown is a cell whose text stays in its place: none of it begins another cell or line, or controls the terminal. What
// kubectl cuts a cell of the server's off at, it still finds.
func shown(cell any, plain bool) any {
	switch cell.(type) {
	case nil, bool, int64, float64:
		return cell
	}
	text := printers.EscapeTerminal(fmt.Sprint(cell))
	end := len(text)
	if !plain {
		if at := strings.IndexAny(text, "\f\n\r"); at >= 0 {
			end = at
		}
	}
	return hint.Printable(text[:end]) + text[end:]
}

// showLabels does the same for the labels, which the printer takes from the object.
func (m *Merger) showLabels(row metav1.TableRow) {
	object, ok := row.Object.Object.(*unstructured.Unstructured)
	if !ok || !m.options.ShowLabels && len(m.options.ColumnLabels) == 0 {
		return
	}
	labels := map[string]string{}
	for name, value := range object.GetLabels() {
		labels[hint.Printable(name)] = hint.Printable(value)
	}
	if len(labels) > 0 {
		object.SetLabels(labels)
	}
}

// nameColumn is the column that the kind stands in, or -1, as in cli-runtime's printer.
func nameColumn(columns []metav1.TableColumnDefinition) int {
	return slices.IndexFunc(columns, func(c metav1.TableColumnDefinition) bool {
		return c.Format == "name" && c.Type == "string"
	})
}

func namespaceOf(row metav1.TableRow) any {
	if row.Object.Object == nil {
		return ""
	}
	object, err := meta.Accessor(row.Object.Object)
	if err != nil {
		return ""
	}
	return object.GetNamespace()
}

// plainTable is a table of a command's own columns, all of them text.
func plainTable(header []string, rows [][]string) Table {
	table := &metav1.Table{}
	for _, name := range header {
		table.ColumnDefinitions = append(table.ColumnDefinitions,
			metav1.TableColumnDefinition{Name: name, Type: "string"})
	}
	for _, row := range rows {
		var cells []any
		for _, cell := range row {
			cells = append(cells, cell)
		}
		table.Rows = append(table.Rows, metav1.TableRow{Cells: cells})
	}
	return Table{plain: true, pages: []*metav1.Table{table}}
}
