package fleet

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/rest"
)

// whoamiCommand is kubectl auth whoami.
type whoamiCommand struct{ format format }

// reviewed is the part of a SelfSubjectReview that is shown; k8s.io/api/authentication has all of it.
type reviewed struct {
	Kind       string          `json:"kind"`
	APIVersion string          `json:"apiVersion"`
	Metadata   json.RawMessage `json:"metadata"`
	Status     struct {
		UserInfo struct {
			Username string              `json:"username,omitempty"`
			UID      string              `json:"uid,omitempty"`
			Groups   []string            `json:"groups,omitempty"`
			Extra    map[string][]string `json:"extra,omitempty"`
		} `json:"userInfo"`
	} `json:"status"`
}

func (w *whoamiCommand) run(ctx context.Context, c *connection, a *Answer) error {
	body, contentType, err := w.ask(ctx, c)
	switch {
	case apierrors.IsForbidden(err):
		return errors.New("the selfsubjectreviews API is not enabled in the cluster or you do not have permission " +
			"to call it")
	case apierrors.IsNotFound(err):
		return errors.New("the selfsubjectreviews API is not enabled in the cluster")
	case err != nil:
		return err
	}
	if err := notKubernetes(c, body, contentType); err != nil {
		return err
	}
	if w.format.name == "json" { // in the order of the fields
		var review reviewed
		if err := json.Unmarshal(body, &review); err != nil {
			return err
		}
		data, err := json.MarshalIndent(review, "", "    ")
		if err == nil {
			a.Out.Write(append(data, '\n'))
		}
		return err
	}
	if !w.format.human() {
		object, err := runtime.Decode(unstructured.UnstructuredJSONScheme, body)
		if err != nil {
			return err
		}
		printer, err := w.format.printer()
		if err != nil {
			return err
		}
		return printer.PrintObj(object, &a.Out)
	}
	var review reviewed
	if err := json.Unmarshal(body, &review); err != nil {
		return err
	}
	user := review.Status.UserInfo
	var rows [][]string
	if user.Username != "" {
		rows = append(rows, []string{"Username", user.Username})
	}
	if user.UID != "" {
		rows = append(rows, []string{"UID", user.UID})
	}
	if len(user.Groups) > 0 {
		rows = append(rows, []string{"Groups", fmt.Sprint(user.Groups)})
	}
	for _, key := range slices.Sorted(maps.Keys(user.Extra)) {
		rows = append(rows, []string{"Extra: " + key, fmt.Sprint(user.Extra[key])})
	}
	a.Tables = append(a.Tables, plainTable([]string{"ATTRIBUTE", "VALUE"}, rows))
	return nil
}

// ask asks the newest API that the server has.
func (w *whoamiCommand) ask(ctx context.Context, c *connection) (body []byte, contentType string, err error) {
	for _, version := range []string{"v1", "v1beta1", "v1alpha1"} {
		group := "authentication.k8s.io/" + version
		body, contentType, err = c.body(ctx, func(client *rest.RESTClient) *rest.Request {
			return client.Post().AbsPath("/apis/"+group+"/selfsubjectreviews").
				SetHeader("Content-Type", "application/json").SetHeader("Accept", "application/json").
				Body([]byte(`{"apiVersion":"` + group + `","kind":"SelfSubjectReview"}`))
		})
		if !apierrors.IsNotFound(err) {
			return body, contentType, err
		}
	}
	return body, contentType, err
}
