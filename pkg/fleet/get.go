package fleet

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	utilerrors "k8s.io/apimachinery/pkg/util/errors"
	"k8s.io/apimachinery/pkg/util/json"
	"k8s.io/client-go/rest"
)

// getCommand is kubectl get.
type getCommand struct {
	selection
	known     *known
	format    format
	chunk     int64
	sortBy    string
	ignore    bool // that something was not found
	showKind  bool
	options   tableOptions
	watches   bool
	watchOnly bool
}

// tableOptions are how tables are shown.
type tableOptions struct {
	noHeaders  bool
	wide       bool
	showLabels bool
	labels     []string
}

// asTable asks for a table as the server would print it.
const asTable = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json;as=Table;v=v1beta1;g=meta.k8s.io," +
	"application/json"

func (g *getCommand) run(ctx context.Context, c *connection, a *Answer) error {
	found, err := g.resolve(ctx, c)
	if err != nil {
		return err
	}
	if g.format.human() {
		return g.tables(ctx, c, a, found)
	}
	return g.objects(ctx, c, a, found)
}

func (g *getCommand) resolve(ctx context.Context, c *connection) (asked, error) {
	var found asked
	warn := func(text string) { c.HandleWarningHeader(299, "", text) }
	err := g.known.mappings(ctx, c, func(r *resources) (err error) {
		found, err = g.selection.resolve(r, c.member, warn)
		return err
	})
	return found, err
}

// request is the request for one target.
func (g *getCommand) request(t target, next string) request {
	return func(client *rest.RESTClient) *rest.Request {
		r := t.request(client)
		if t.name == "" {
			g.list(r, next)
		}
		if g.format.human() {
			r.SetHeader("Accept", asTable)
			if g.sortBy != "" {
				r.Param("includeObject", "Object")
			}
		}
		return r
	}
}

// list adds what narrows a list.
func (g *getCommand) list(r *rest.Request, next string) {
	for name, value := range map[string]string{
		"labelSelector": g.labels, "fieldSelector": g.fields, "continue": next,
	} {
		if value != "" {
			r.Param(name, value)
		}
	}
	if g.chunk > 0 && g.sortBy == "" { // sorted is what was read as a whole
		r.Param("limit", strconv.FormatInt(g.chunk, 10))
	}
}

// request is the request for the target as it stands.
func (t target) request(client *rest.RESTClient) *rest.Request {
	gv := t.mapping.Resource.GroupVersion()
	path := "/apis/" + gv.String()
	if gv.Group == "" {
		path = "/api/" + gv.Version
	}
	r := client.Get().AbsPath(path).NamespaceIfScoped(t.namespace, t.namespaced()).Resource(t.mapping.Resource.Resource)
	if t.name != "" {
		r.Name(t.name)
	}
	return r
}

// each asks for all pages of a target.
func (g *getCommand) each(ctx context.Context, c *connection, t target,
	take func(body []byte) (next string, err error)) error {
	for next := ""; ; {
		body, _, err := c.body(ctx, g.request(t, next))
		if err != nil {
			return g.explain(ctx, c, t, err)
		}
		if next, err = take(body); err != nil || next == "" {
			return err
		}
	}
}

// explain says what kubectl says of a request that failed: that of an object in a namespace that is not there is about
// the namespace.
func (g *getCommand) explain(ctx context.Context, c *connection, t target, err error) error {
	if t.name == "" {
		return g.listError(err, t)
	}
	if apierrors.IsNotFound(err) && t.namespace != "" && t.namespace != metav1.NamespaceDefault {
		_, _, errNamespace := c.body(ctx, func(client *rest.RESTClient) *rest.Request {
			return client.Get().AbsPath("api", "v1", "namespaces", t.namespace)
		})
		if apierrors.IsNotFound(errNamespace) {
			return errNamespace
		}
	}
	return err
}

// listError is what kubectl says of a list that was refused; see EnhanceListError of cli-runtime.
func (g *getCommand) listError(err error, t target) error {
	status, ok := errors.AsType[*apierrors.StatusError](err)
	if !ok || apierrors.IsResourceExpired(err) || !apierrors.IsBadRequest(err) && !apierrors.IsNotFound(err) {
		return err
	}
	resource, message := t.mapping.Resource.String(), status.ErrStatus.Message
	if g.labels == "" && g.fields == "" {
		status.ErrStatus.Message = fmt.Sprintf("Unable to list %q: %v", resource, message)
	} else {
		status.ErrStatus.Message = fmt.Sprintf(
			"Unable to find %q that match label selector %q, field selector %q: %v",
			resource, g.labels, g.fields, message)
	}
	return status
}

// tables asks for tables.
func (g *getCommand) tables(ctx context.Context, c *connection, a *Answer, found asked) error {
	var errs []error
	namespaced := !g.allNamespaces
	for _, t := range found.targets {
		answered := false
		err := g.each(ctx, c, t, func(body []byte) (string, error) {
			table, err := decodeTable(body, g.sortBy != "")
			if err != nil {
				return "", err
			}
			a.add(t, table)
			answered = true
			return table.Continue, nil
		})
		if answered {
			namespaced = namespaced && t.namespaced()
		}
		if errors.Is(err, errKubectl) || isTooMuch(err) {
			return err
		} else if err != nil && !(g.ignore && apierrors.IsNotFound(err)) {
			errs = append(errs, err)
		}
	}
	if err := g.finish(a); err != nil {
		return err
	}
	rows := a.Rows()
	if rows == 0 && len(errs) == 0 && !g.ignore {
		if namespaced {
			a.Notes = append(a.Notes, fmt.Sprintf("No resources found in %s namespace.", g.in(c.member)))
		} else {
			a.Notes = append(a.Notes, "No resources found")
		}
	}
	return aggregate(errs)
}

// add takes a page of a table; pages of one resource that follow each other are one table.
func (a *Answer) add(t target, page *metav1.Table) {
	last := len(a.Tables) - 1
	if last >= 0 && a.Tables[last].mapping.Resource == t.mapping.Resource {
		a.Tables[last].pages = append(a.Tables[last].pages, page)
		return
	}
	a.Tables = append(a.Tables, Table{mapping: t.mapping, pages: []*metav1.Table{page}})
}

// finish sorts and marks tables as kubectl prints them.
func (g *getCommand) finish(a *Answer) error {
	several := slices.ContainsFunc(a.Tables, func(t Table) bool {
		return t.mapping.GroupVersionKind != a.Tables[0].mapping.GroupVersionKind
	})
	for i := range a.Tables {
		t := &a.Tables[i]
		t.withKind = several || g.showKind
		t.withNamespace = g.allNamespaces && t.mapping.Scope.Name() == meta.RESTScopeNameNamespace
	}
	return g.sorted(a)
}

// sorted sorts the one table that kubectl can sort: of several, it tries to sort the tables rather than their rows.
// Rows that have no such field are left out without a word, as it does.
func (g *getCommand) sorted(a *Answer) error {
	if g.sortBy == "" || len(a.Tables) == 0 {
		return nil
	}
	if len(a.Tables) > 1 || len(a.Tables[0].pages) > 1 {
		return errKubectl
	}
	page := a.Tables[0].pages[0]
	if len(page.Rows) < 2 {
		return nil
	}
	err := sortTable(page, g.sortBy)
	if err != nil && !errors.Is(err, errKubectl) {
		page.Rows = nil
		return nil
	}
	return err
}

// decodeTable reads a table. A server that has none for a resource is left to kubectl. Of the objects behind its rows
// only what is shown of them is kept, unless they are wanted as a whole: most of a page is their managed fields.
func decodeTable(body []byte, whole bool) (*metav1.Table, error) {
	var table metav1.Table
	if err := json.Unmarshal(body, &struct {
		*metav1.Table
	}{&table}); err != nil {
		return nil, err
	}
	if table.Kind != "Table" {
		return nil, errKubectl
	}
	for i := range table.Rows {
		row := &table.Rows[i]
		if row.Object.Raw == nil {
			continue
		}
		object, err := runtime.Decode(unstructured.UnstructuredJSONScheme, row.Object.Raw)
		if err != nil {
			return nil, err
		}
		row.Object.Raw, row.Object.Object = nil, object
		if u, ok := object.(*unstructured.Unstructured); ok && !whole {
			shown := &unstructured.Unstructured{Object: map[string]any{}}
			shown.SetNamespace(u.GetNamespace())
			shown.SetLabels(u.GetLabels())
			row.Object.Object = shown
		}
	}
	return &table, nil
}

// objects asks for objects, and prints them as kubectl's printGeneric does.
func (g *getCommand) objects(ctx context.Context, c *connection, a *Answer, found asked) error {
	var errs []error
	var objects []unstructured.Unstructured
	single := runtime.Object(nil) // one that was asked for by its name
	for _, t := range found.targets {
		err := g.each(ctx, c, t, func(body []byte) (string, error) {
			object, err := runtime.Decode(unstructured.UnstructuredJSONScheme, body)
			if err != nil {
				return "", err
			}
			if list, ok := object.(*unstructured.UnstructuredList); ok {
				objects = append(objects, list.Items...)
				return list.GetContinue(), nil
			}
			single = object
			objects = append(objects, *object.(*unstructured.Unstructured))
			return "", nil
		})
		if isTooMuch(err) {
			return err
		} else if err != nil && !(g.ignore && apierrors.IsNotFound(err)) {
			errs = append(errs, err)
		}
	}
	if found.one && len(errs) > 0 {
		return errs[0]
	}
	if len(objects) == 0 && g.ignore {
		return aggregate(errs)
	}
	if !found.one || len(objects) != 1 {
		list := &unstructured.UnstructuredList{Object: map[string]any{
			"kind": "List", "apiVersion": "v1", "metadata": map[string]any{"resourceVersion": ""},
		}, Items: objects}
		if g.sortBy != "" {
			if err := sortObjects(list.Items, g.sortBy); err != nil {
				return aggregate(append(errs, err))
			}
		}
		single, objects = list, list.Items
	}
	if err := g.print(a, single, objects); err != nil {
		errs = append(errs, err)
	}
	return aggregate(errs)
}

// print prints an object or a list, of which objects are the items.
func (g *getCommand) print(a *Answer, object runtime.Object, objects []unstructured.Unstructured) error {
	if g.format.name == "custom-columns" {
		table, err := customTable(g.format.template, objects)
		if err == nil {
			a.Tables = append(a.Tables, table)
		}
		return err
	}
	printer, err := g.format.printer()
	if err != nil {
		return err
	}
	return printer.PrintObj(object, &a.Out)
}

// aggregate is one error of several, or nil.
func aggregate(errs []error) error {
	if len(errs) == 1 {
		return errs[0]
	}
	return utilerrors.NewAggregate(errs)
}
