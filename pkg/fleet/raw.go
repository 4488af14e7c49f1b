package fleet

import (
	"context"
	"io"

	"k8s.io/client-go/rest"
)

// rawCommand is kubectl get --raw.
type rawCommand struct{ path string }

func (r *rawCommand) run(ctx context.Context, c *connection, a *Answer) error {
	body, err := c.stream(ctx, func(client *rest.RESTClient) *rest.Request { return client.Get().RequestURI(r.path) })
	if err != nil {
		return err
	}
	defer body.Close()
	_, err = io.Copy(&a.Out, body)
	return err
}
