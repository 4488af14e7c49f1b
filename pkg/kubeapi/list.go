package kubeapi

import (
	"context"
	"fmt"
	"maps"
	"net/url"
	"strconv"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

const (
	// pageSize is how many objects are asked for at once, as kubectl reads long lists.
	pageSize = 500
	// maxPages bounds a list: a server that always names another page would never let go.
	maxPages = 200
)

// List reads a list page by page, and gives the items of each to take, until that wants no more.
func List[T any](ctx context.Context, c *Client, call Call, take func(items []T) (more bool)) error {
	query := url.Values{}
	maps.Copy(query, call.Query)
	query.Set("limit", strconv.Itoa(pageSize))
	call.Query = query
	for range maxPages {
		var list struct {
			Metadata metav1.ListMeta `json:"metadata"`
			Items    []T             `json:"items"`
		}
		if _, err := c.Do(ctx, call, &list); err != nil {
			return err
		}
		if !take(list.Items) || list.Metadata.Continue == "" {
			return nil
		}
		query.Set("continue", list.Metadata.Continue)
	}
	return fmt.Errorf("%s: the list has no end: there are more than %d pages", c.server.Host, maxPages)
}
