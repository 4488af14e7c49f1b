package fleet

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/cli-runtime/pkg/printers"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/util/jsonpath"
)

// waitCommand is kubectl wait.
type waitCommand struct {
	selection
	known     *known
	condition condition
	timeout   time.Duration
}

// condition is what is waited for.
type condition struct {
	gone bool                                           // the end of the object
	met  func(*unstructured.Unstructured) (bool, error) // else what holds of it
}

// parseCondition reads the value of --for. Waiting for what is not there yet, and forms that kubectl refuses, are left
// to it.
func parseCondition(text string) (condition, bool) {
	if strings.EqualFold(text, "delete") {
		return condition{gone: true}, true
	}
	if name, ok := strings.CutPrefix(text, "condition="); ok {
		name, value, found := strings.Cut(name, "=")
		if !found {
			value = "true"
		}
		return condition{met: hasCondition(name, value)}, true
	}
	path, ok := strings.CutPrefix(text, "jsonpath=")
	if !ok || strings.Contains(path, "==") {
		return condition{}, false
	}
	path, value, found := strings.Cut(path, "=")
	value = strings.Trim(value, `'"`)
	if found && (value == "" || strings.Contains(value, "=")) {
		return condition{}, false
	}
	path, err := relaxedPath(path)
	parser := jsonpath.New("wait").AllowMissingKeys(true)
	if err != nil || path == "" || parser.Parse(path) != nil {
		return condition{}, false
	}
	return condition{met: hasValue(path, value)}, true
}

// hasCondition is whether an object's status has a condition of this value, for the generation that the object has.
func hasCondition(name, value string) func(*unstructured.Unstructured) (bool, error) {
	return func(object *unstructured.Unstructured) (bool, error) {
		conditions, _, err := unstructured.NestedSlice(object.Object, "status", "conditions")
		if err != nil {
			return false, err
		}
		for _, entry := range conditions {
			c, ok := entry.(map[string]any)
			if !ok {
				continue
			}
			kind, _, _ := unstructured.NestedString(c, "type")
			status, found, err := unstructured.NestedString(c, "status")
			if !strings.EqualFold(kind, name) || !found || err != nil {
				continue
			}
			observed, known, _ := unstructured.NestedInt64(c, "observedGeneration")
			if !known {
				observed, known, _ = unstructured.NestedInt64(object.Object, "status", "observedGeneration")
			}
			if known && observed < object.GetGeneration() {
				return false, nil
			}
			return strings.EqualFold(status, value), nil
		}
		return false, nil
	}
}

// hasValue is whether an object has a value at path, or any value.
func hasValue(path, value string) func(*unstructured.Unstructured) (bool, error) {
	return func(object *unstructured.Unstructured) (bool, error) {
		parser := jsonpath.New("wait").AllowMissingKeys(true)
		if err := parser.Parse(path); err != nil {
			return false, err
		}
		results, err := parser.FindResults(object.Object)
		switch {
		case err != nil:
			return false, err
		case len(results) == 0 || len(results[0]) == 0:
			return false, nil
		case len(results) > 1:
			return false, errors.New("given jsonpath expression matches more than one list")
		case len(results[0]) > 1:
			return false, errors.New("given jsonpath expression matches more than one value")
		case value == "":
			return true, nil
		}
		found := results[0][0].Interface()
		switch found.(type) {
		case map[string]any, []any:
			return false, errors.New("jsonpath leads to a nested object or list which is not supported")
		}
		return strings.TrimSpace(fmt.Sprint(found)) == strings.TrimSpace(value), nil
	}
}

// errNothing is kubectl's word for a selection of nothing.
var errNothing = errors.New("no matching resources found")

func (w *waitCommand) run(ctx context.Context, c *connection, a *Answer) error {
	g := &getCommand{selection: w.selection, known: w.known, chunk: defaultChunk, ignore: w.condition.gone}
	g.format = format{name: "json"}
	found, err := g.resolve(ctx, c)
	if err != nil {
		return err
	}
	var errs []error
	visited := 0
	ctx, cancel := context.WithTimeout(ctx, w.timeout)
	defer cancel()
	printer := &printers.NamePrinter{Operation: "condition met"}
	for _, t := range found.targets {
		err := g.each(ctx, c, t, func(body []byte) (string, error) {
			items, next, err := itemsOf(body)
			if err != nil {
				return "", err
			}
			for i := range items {
				visited++
				final, err := w.one(ctx, c, t, &items[i])
				if err == nil {
					err = printer.PrintObj(final, &a.Out)
				}
				if isTooMuch(err) {
					return "", err
				} else if err != nil {
					errs = append(errs, err)
				}
			}
			return next, nil
		})
		if isTooMuch(err) {
			return err
		} else if err != nil && !(w.condition.gone && apierrors.IsNotFound(err)) {
			errs = append(errs, err)
		}
	}
	if len(errs) == 0 && visited == 0 && !w.condition.gone {
		return errNothing
	}
	return aggregate(errs)
}

// itemsOf are the objects of an answer: those of a list, or the one.
func itemsOf(body []byte) (items []unstructured.Unstructured, next string, err error) {
	object, err := runtime.Decode(unstructured.UnstructuredJSONScheme, body)
	if err != nil {
		return nil, "", err
	}
	if list, ok := object.(*unstructured.UnstructuredList); ok {
		return list.Items, list.GetContinue(), nil
	}
	return []unstructured.Unstructured{*object.(*unstructured.Unstructured)}, "", nil
}

// one waits for one object, over as many watches as it takes.
func (w *waitCommand) one(ctx context.Context, c *connection, t target,
	object *unstructured.Unstructured) (runtime.Object, error) {
	t = target{mapping: t.mapping, namespace: object.GetNamespace()}
	name := object.GetName()
	only := func(client *rest.RESTClient) *rest.Request {
		return t.request(client).Param("fieldSelector", fields.OneTermEqualSelector("metadata.name", name).String())
	}
	for {
		final, done, err := w.attempt(ctx, c, t, object, only)
		switch {
		case ctx.Err() != nil && context.Cause(ctx) == context.DeadlineExceeded:
			return nil, fmt.Errorf("timed out waiting for the condition on %s/%s", t.mapping.Resource.Resource, name)
		case done || err != nil:
			return final, err
		}
		select {
		case <-ctx.Done():
		case <-time.After(time.Second): // the server has ended the watch
		}
	}
}

// attempt lists and watches the object once.
func (w *waitCommand) attempt(ctx context.Context, c *connection, t target, object *unstructured.Unstructured,
	only request) (final runtime.Object, done bool, err error) {
	body, _, err := c.body(ctx, only)
	if err != nil {
		return nil, false, err
	}
	list, err := runtime.Decode(unstructured.UnstructuredJSONScheme, body)
	if err != nil {
		return nil, false, err
	}
	items, ok := list.(*unstructured.UnstructuredList)
	if !ok {
		return nil, false, errKubectl
	}
	if len(items.Items) == 0 {
		if w.condition.gone {
			return object, true, nil
		}
		return nil, false, apierrors.NewNotFound(t.mapping.Resource.GroupResource(), object.GetName())
	}
	if !w.condition.gone {
		if met, err := w.condition.met(&items.Items[0]); met || err != nil {
			return &items.Items[0], met, err
		}
	}
	stream, err := c.watch(ctx, func(client *rest.RESTClient) *rest.Request {
		return only(client).Param("watch", "true").Param("resourceVersion", items.GetResourceVersion())
	})
	if err != nil {
		return nil, false, err
	}
	defer stream.Close()
	events := eventsOf(stream)
	for {
		var event struct {
			Type   watch.EventType           `json:"type"`
			Object unstructured.Unstructured `json:"object"`
		}
		if err := events.next(&event); isTooMuch(err) {
			return nil, false, err
		} else if err != nil {
			return nil, false, nil
		}
		switch {
		case event.Type == watch.Deleted && w.condition.gone:
			return object, true, nil
		case event.Type != watch.Added && event.Type != watch.Modified || w.condition.gone:
			continue
		}
		if met, err := w.condition.met(&event.Object); met || err != nil {
			return &event.Object, met, err
		}
	}
}
