package fleet

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/cli-runtime/pkg/printers"
	"k8s.io/client-go/rest"
)

// Stream merges what is watched of many members into one table that goes on, or into one document after the other.
type Stream struct {
	merger    *Merger
	documents *Documents // nil unless the format has documents
	mu        sync.Mutex
	w         interface { // printers' tab writer
		io.Writer
		Flush() error
	}
	printer printers.ResourcePrinter // of rows
}

// Stream returns one whose tables are written to out, and whose documents are printed to documents, if it is not nil.
func (m *Merger) Stream(out io.Writer, documents *Documents, members []*Member) *Stream {
	w := printers.GetNewTabWriter(out)
	const padding = 3 // of that writer
	instance, cluster := len("INSTANCE"), len("CLUSTER")
	for _, member := range members {
		instance, cluster = max(instance, len(member.Instance)), max(cluster, len(member.Cluster))
	}
	// Rows come as things happen, so the columns in front are made wide enough for all members from the start.
	widths := []int{instance + padding}
	if m.clusters {
		widths = append(widths, cluster+padding)
	}
	w.SetRememberedWidths(widths)
	return &Stream{merger: m, documents: documents, w: w, printer: printers.NewTablePrinter(m.options)}
}

func (s *Stream) write(t Table, page *metav1.Table, member *Member) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.printer.PrintObj(s.merger.decorate(t, page, member), s.w); err != nil {
		return err
	}
	return s.w.Flush()
}

// ErrWatchEnded is the error of a watch that the server ended, which it does from time to time.
var ErrWatchEnded = errors.New("the server ended the watch")

// Watch watches one member until ctx ends or the server ends it. Rows, JSON and YAML go to s, other formats to lines;
// note gets what kubectl says on standard error.
// begun is called once the server has answered.
func (c *Command) Watch(ctx context.Context, m *Member, s *Stream, lines io.Writer, note func(string),
	begun func()) error {
	connection := &connection{member: m, note: note}
	defer connection.close()
	return c.watch.watch(ctx, connection, &watched{stream: s, lines: lines, begun: begun})
}

// watched is where one member's events go.
type watched struct {
	stream  *Stream
	lines   io.Writer
	printer printers.ResourcePrinter
	table   Table
	columns []metav1.TableColumnDefinition // of the last table that had some: events come without
	skip    bool                           // the next event says what was printed already
	hidden  bool                           // nothing is shown before the first event
	begun   func()

	managedFields bool // are shown
}

func (g *getCommand) watch(ctx context.Context, c *connection, w *watched) error {
	found, err := g.resolve(ctx, c)
	if err != nil {
		return err
	}
	if len(found.targets) != 1 {
		return errKubectl
	}
	t := found.targets[0]
	w.table = Table{mapping: t.mapping}
	w.table.withNamespace = g.allNamespaces && t.mapping.Scope.Name() == meta.RESTScopeNameNamespace
	if !g.format.human() {
		if w.printer, err = g.format.printer(); err != nil {
			return err
		}
	}
	w.hidden, w.skip, w.managedFields = g.watchOnly, t.name != "", g.format.managedFields
	version, err := g.first(ctx, c, t, w)
	if apierrors.IsNotFound(err) && g.ignore {
		return nil
	} else if err != nil {
		return err
	}
	body, err := c.watch(ctx, g.watchRequest(t, version))
	if err != nil {
		return err
	}
	defer body.Close()
	w.begun()
	return w.events(ctx, c, body)
}

// first prints what is there when the watch begins, and returns the version to watch from.
func (g *getCommand) first(ctx context.Context, c *connection, t target, w *watched) (version string, err error) {
	whole := *g
	whole.chunk = 0 // so that all of it is of one version
	body, _, err := c.body(ctx, whole.request(t, ""))
	if err != nil {
		return "", g.explain(ctx, c, t, err)
	}
	if version, err = w.object(c.member, body, w.hidden); err != nil {
		return "", err
	}
	if t.name != "" {
		version = "0" // of about now: the object's own may be too old to watch from
	}
	return version, nil
}

func (g *getCommand) watchRequest(t target, version string) request {
	return func(client *rest.RESTClient) *rest.Request {
		whole := target{mapping: t.mapping, namespace: t.namespace}
		narrowed := *g
		narrowed.chunk = 0
		if t.name != "" {
			narrowed.fields = fields.OneTermEqualSelector("metadata.name", t.name).String()
		}
		return narrowed.request(whole, "")(client).Param("watch", "true").Param("resourceVersion", version)
	}
}

// object prints a table, an object or a list, unless it is hidden, and returns its version.
func (w *watched) object(m *Member, body []byte, hidden bool) (version string, err error) {
	if w.printer == nil {
		table, err := decodeTable(body, false)
		if err != nil {
			return "", err
		}
		if len(table.ColumnDefinitions) > 0 {
			w.columns = table.ColumnDefinitions
		}
		table.ColumnDefinitions = slices.Clone(w.columns)
		if hidden {
			return table.ResourceVersion, nil
		}
		return table.ResourceVersion, w.stream.write(w.table, table, m)
	}
	object, err := runtime.Decode(unstructured.UnstructuredJSONScheme, body)
	if err != nil {
		return "", err
	}
	items := []runtime.Object{object}
	if list, ok := object.(*unstructured.UnstructuredList); ok {
		items, version = nil, list.GetResourceVersion()
		for i := range list.Items {
			items = append(items, &list.Items[i])
		}
	}
	for _, item := range items {
		if hidden {
			break
		}
		if o, ok := item.(*unstructured.Unstructured); ok && w.stream.documents != nil {
			if !w.managedFields {
				o.SetManagedFields(nil)
			}
			if err := w.stream.documents.Print(o.Object, m.Instance, m.Cluster); err != nil {
				return "", err
			}
			continue
		}
		lines := &remembering{to: w.lines}
		err := w.printer.PrintObj(item, lines)
		if err = cmp.Or(lines.err, err); err != nil {
			return "", fmt.Errorf("unable to output the provided object: %w", err)
		}
	}
	return version, nil
}

// remembering keeps the error of a write: cli-runtime's printer of names does not look, and a watch would go on for
// somebody who reads no more.
type remembering struct {
	to  io.Writer
	err error
}

func (r *remembering) Write(data []byte) (n int, err error) {
	n, err = r.to.Write(data)
	r.err = cmp.Or(r.err, err)
	return n, err
}

// events prints events as they come.
func (w *watched) events(ctx context.Context, c *connection, body io.Reader) error {
	events := eventsOf(body)
	for {
		var event struct {
			Type   watch.EventType `json:"type"`
			Object json.RawMessage `json:"object"`
		}
		switch err := events.next(&event); {
		case err != nil && ctx.Err() != nil:
			return ctx.Err()
		case isTooMuch(err):
			return err
		case err != nil:
			return ErrWatchEnded
		}
		switch event.Type {
		case watch.Error:
			var status metav1.Status
			if json.Unmarshal(event.Object, &status) != nil {
				return ErrWatchEnded
			}
			return apierrors.FromObject(&status)
		case watch.Bookmark:
			continue
		}
		if _, err := w.object(c.member, event.Object, w.skip); err != nil {
			return err
		}
		w.skip = false
	}
}
