package cluster

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/yaml"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/rest"
)

//go:embed manifests
var manifests embed.FS

// client speaks to the API server as the bootstrap administrator.
type client struct {
	http    *http.Client
	url     string
	dynamic dynamic.Interface
}

func newClient(c *rest.Config) (*client, error) {
	h, err := rest.HTTPClientFor(c)
	if err != nil {
		return nil, err
	}
	d, err := dynamic.NewForConfigAndClient(c, h)
	if err != nil {
		return nil, err
	}
	return &client{http: h, url: c.Host, dynamic: d}, nil
}

// ready returns nil when the API server says that it is.
func (c *client) ready(ctx context.Context) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, c.url+"/readyz", nil)
	if err != nil {
		return err
	}
	res, err := c.http.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(io.LimitReader(res.Body, 4<<10))
	if err == nil && res.StatusCode != http.StatusOK {
		err = fmt.Errorf("GET /readyz: %s: %s", res.Status, body)
	}
	return err
}

// populate creates what the manifests hold, definitions before what they define.
func (c *client) populate(ctx context.Context) error {
	for _, name := range []string{"access.yaml", "definitions.yaml", "samples.yaml"} {
		objects, err := readManifest(name)
		if err != nil {
			return fmt.Errorf("read manifest %s: %w", name, err)
		}
		for _, object := range objects {
			if err := c.create(ctx, object); err != nil {
				return fmt.Errorf("create %s %s: %w", object.GetKind(), object.GetName(), err)
			}
		}
	}
	return nil
}

func readManifest(name string) (objects []*unstructured.Unstructured, err error) {
	f, err := fs.FS(manifests).Open("manifests/" + name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	decoder := yaml.NewYAMLOrJSONDecoder(f, 4<<10)
	for {
		object := &unstructured.Unstructured{}
		if err := decoder.Decode(object); errors.Is(err, io.EOF) {
			return objects, nil
		} else if err != nil {
			return nil, err
		}
		objects = append(objects, object)
	}
}

// create creates an object with its status. A kind that was defined only now is not served at once: it is waited for.
func (c *client) create(ctx context.Context, object *unstructured.Unstructured) error {
	resource, _ := meta.UnsafeGuessKindToResource(object.GroupVersionKind()) // right for our few kinds
	objects := c.dynamic.Resource(resource).Namespace(object.GetNamespace())
	created, err := objects.Create(ctx, object, metav1.CreateOptions{})
	for apierrors.IsNotFound(err) {
		select {
		case <-ctx.Done():
			return fmt.Errorf("%w (%w)", context.Cause(ctx), err)
		case <-time.After(pollInterval):
		}
		created, err = objects.Create(ctx, object, metav1.CreateOptions{})
	}
	if err != nil {
		return err
	}
	status, ok := object.Object["status"]
	if !ok {
		return nil
	}
	created.Object["status"] = status // Create ignores it: it is a subresource
	_, err = objects.UpdateStatus(ctx, created, metav1.UpdateOptions{})
	return err
}
