package fleet

import (
	"context"

	"k8s.io/client-go/rest"
)

// rawCommand is kubectl get --raw.
type rawCommand struct{ path string }

func (r *rawCommand) run(ctx context.Context, c *connection, a *Answer) error {
	body, _, err := c.body(ctx, func(client *rest.RESTClient) *rest.Request { return client.Get().RequestURI(r.path) })
	if err != nil {
		return err
	}
	a.Out.Write(body)
	return nil
}
