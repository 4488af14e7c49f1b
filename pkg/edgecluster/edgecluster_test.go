package edgecluster_test

import (
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"k8s.io/client-go/rest"

	"github.com/kubectl-edge/kubectl-edge/pkg/edgecluster"
	"github.com/kubectl-edge/kubectl-edge/pkg/hint"
)

const berlin = `{"metadata": {"name": "berlin", "namespace": "default", "uid": "u-1",
 "creationTimestamp": "2026-11-01T08:00:00Z"}, "spec": {"talos": {"version": "v1.13.5", "kubernetes":
 {"version": "v1.35.4"}}, "nodes": [{"edgeHost": "h-1", "role": "controlplane"},
 {"role": "worker"}, 7]}, "status": {"conditions":
 [{"type": "Other", "status": "False"}, {"type": "ClusterReady", "status": "True", "reason": "Ready"}]}}`

// instance answers as an instance's API server would, by the paths that are given.
func instance(t *testing.T, answers map[string]string) *rest.Config {
	t.Helper()
	s := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		answer, ok := answers[r.URL.RequestURI()]
		switch {
		case !ok:
			name := r.URL.Path[strings.LastIndex(r.URL.Path, "/")+1:]
			answer = `404 {"kind": "Status", "code": 404, "reason": "NotFound", "message": "not found", "details":
				{"name": "` + name + `"}}`
			fallthrough
		case strings.HasPrefix(answer, "4"):
			code := 0
			_, _ = fmt.Sscanf(answer, "%d", &code)
			w.WriteHeader(code)
			answer = answer[4:]
		}
		_, _ = w.Write([]byte(answer))
	}))
	t.Cleanup(s.Close)
	return &rest.Config{Host: s.URL, BearerToken: "x", TLSClientConfig: rest.TLSClientConfig{
		CAData: pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw})}}
}

func TestList(t *testing.T) {
	const all = "/apis/edge.stackit.cloud/v1alpha1/edgeclusters"
	config := instance(t, map[string]string{
		all + "?limit=500": `{"metadata": {"continue": "a b"}, "items": [` + berlin + `]}`,
		all + "?continue=a+b&limit=500": `{"items": [{"metadata": {"name": "odd", "namespace": "x", "deletionTimestamp":
			"2026-11-01T08:00:00Z"}, "spec": {"talos": "none", "nodes": 7}, "status": []}]}`,
		"/apis/edge.stackit.cloud/v1alpha1/namespaces/default/edgeclusters?limit=500": `{"items": []}`,
	})
	got, err := edgecluster.List(t.Context(), config, "")
	if err != nil || len(got) != 2 {
		t.Fatalf("got %+v, %v", got, err)
	}
	if c := got[0]; c.Name != "berlin" || c.UID != "u-1" || !c.Ready || c.Reason != "Ready" || c.Nodes != 3 ||
		c.Kubernetes != "v1.35.4" || c.Talos != "v1.13.5" || c.Created.Year() != 2026 || c.Deleting {
		t.Errorf("got %+v", c)
	} else if len(c.Conditions) != 2 || len(c.Members) != 3 || c.Members[0] != (edgecluster.Node{Host: "h-1",
		Role: "controlplane"}) {
		t.Errorf("got %+v and %+v", c.Conditions, c.Members)
	}
	// What is of another form than is public does not hide the cluster.
	if c := got[1]; c.Name != "odd" || c.Ready || c.Nodes != 0 || !c.Deleting {
		t.Errorf("got %+v", c)
	}
	if got, err = edgecluster.List(t.Context(), config, "default"); err != nil || got == nil || len(got) != 0 {
		t.Errorf("in a namespace: %+v, %v", got, err)
	}
	without := instance(t, map[string]string{all + "?limit=500": "404 404 page not found"})
	if _, err := edgecluster.List(t.Context(), without, ""); err == nil || hint.Of(err) == "" ||
		!strings.Contains(err.Error(), "does not have EdgeClusters of edge.stackit.cloud/v1alpha1") {
		t.Errorf("without the kind: %v", err)
	}
}

func TestGet(t *testing.T) {
	const path = "/apis/edge.stackit.cloud/v1alpha1/namespaces/default/edgeclusters/"
	const no = `403 {"kind": "Status", "code": 403, "reason": "Forbidden", "message": "no"}`
	config := instance(t, map[string]string{path + "berlin": berlin, path + "kindless": "404 404 page not found",
		path + "forbidden": no, "/apis/edge.stackit.cloud/v1alpha1/edgeclusters?limit=500": no})
	if _, err := edgecluster.Get(t.Context(), config, "default", "forbidden"); !strings.Contains(hint.Of(err),
		"the right to get edgeclusters.edge.stackit.cloud forbidden in namespace default") {
		t.Errorf("forbidden: %v, %q", err, hint.Of(err))
	}
	if _, err := edgecluster.List(t.Context(), config, ""); !strings.Contains(hint.Of(err), "--cluster NAME") {
		t.Errorf("list forbidden: %v, %q", err, hint.Of(err))
	}
	if c, err := edgecluster.Get(t.Context(), config, "default", "berlin"); err != nil || c.UID != "u-1" {
		t.Errorf("got %+v, %v", c, err)
	}
	_, err := edgecluster.Get(t.Context(), config, "default", "hamburg")
	if !errors.As(err, new(*edgecluster.NotFoundError)) || hint.Of(err) != "kubectl edge cluster list" {
		t.Errorf("got %v, %q", err, hint.Of(err))
	}
	if _, err := edgecluster.Get(t.Context(), config, "default", "kindless"); err == nil ||
		errors.As(err, new(*edgecluster.NotFoundError)) {
		t.Errorf("without the kind: %v", err)
	}
}

func TestSecretErrors(t *testing.T) {
	const path = "/api/v1/namespaces/default/secrets/"
	config := instance(t, map[string]string{
		path + "forbidden-kubeconfig": `403 {"kind": "Status", "code": 403, "reason": "Forbidden", "message": "no"}`,
		path + "empty-kubeconfig":     `{"data": {"other": "eA=="}}`,
		path + "blank-kubeconfig":     `{"data": {"value": ""}}`,
		path + "bare-kubeconfig":      `{}`,
		path + "hostile-kubeconfig":   `{"data": {"value": "eHg="}}`,
		path + "berlin-talosconfig":   `{"data": {"talosconfig": "eHg="}}`,
	})
	for _, c := range []struct {
		name  string
		ready bool
		want  string
	}{
		{"absent", true, `credentials of edge cluster "absent": secret default/absent-kubeconfig is missing, although`},
		{"absent", false, `edge cluster "absent" is being created: two of three`},
		{"forbidden", true, "your login has no right to read secret default/forbidden-kubeconfig of the instance"},
		{"empty", true, "secret default/empty-kubeconfig does not have the key value; it has other"},
		{"blank", true, "value of secret default/blank-kubeconfig is empty"},
		{"bare", true, "secret default/bare-kubeconfig is empty"},
		{"hostile", true, `credentials of edge cluster "hostile": what is there is not a kubeconfig`},
	} {
		_, err := edgecluster.ReadAdministrator(t.Context(), config, edgecluster.Cluster{Name: c.name,
			Namespace: "default", Ready: c.ready, Reason: "two of three"})
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %q", c.name, err, c.want)
		}
	}
	if data, err := edgecluster.ReadTalos(t.Context(), config, edgecluster.Cluster{Name: "berlin",
		Namespace: "default"}); err != nil || string(data) != "xx" {
		t.Errorf("talosconfig: %q, %v", data, err)
	}
}

// Who was handed out the administrator's own credential is written down: on the EdgeCluster, also if somebody else
// writes there at the same time, or else as an event.
func TestMark(t *testing.T) {
	const at = "/apis/edge.stackit.cloud/v1alpha1/namespaces/default/edgeclusters/berlin"
	c := edgecluster.Cluster{Name: "berlin", Namespace: "default", UID: "u-1"}
	when := time.Date(2026, 11, 26, 23, 0, 0, 0, time.UTC)
	for name, test := range map[string]struct {
		patches []int // answers
		event   int
		want    string
	}{
		"annotation": {patches: []int{200}, want: "ada@example.com 2026-11-26T23:00:00Z\nbob 2026-11-01T08:00:00Z"},
		"conflict": {patches: []int{409, 409, 200},
			want: "ada@example.com 2026-11-26T23:00:00Z\nbob 2026-11-01T08:00:00Z"},
		"event":   {patches: []int{403}, event: 201, want: "handed out: ada@example.com 2026-11-26T23:00:00Z"},
		"neither": {patches: []int{403}, event: 403},
	} {
		t.Run(name, func(t *testing.T) {
			var written string
			s := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				code, body := 0, map[string]any{}
				_ = json.NewDecoder(r.Body).Decode(&body)
				switch {
				case r.Method == http.MethodGet && r.URL.Path == at:
					_, _ = w.Write([]byte(`{"metadata": {"name": "berlin", "resourceVersion": "7", "annotations":
						{"kubectl-edge/break-glass": "bob 2026-11-01T08:00:00Z"}}}`))
					return
				case r.Method == http.MethodPatch && r.URL.Path == at:
					code, test.patches = test.patches[0], test.patches[1:]
					metadata := body["metadata"].(map[string]any)
					if metadata["resourceVersion"] != "7" {
						t.Errorf("patch of version %v", metadata["resourceVersion"])
					}
					written = metadata["annotations"].(map[string]any)["kubectl-edge/break-glass"].(string)
				case r.Method == http.MethodPost && r.URL.Path == "/api/v1/namespaces/default/events":
					code, written = test.event, body["message"].(string)
				}
				w.WriteHeader(code)
				_, _ = fmt.Fprintf(w, `{"kind": "Status", "code": %d}`, code)
			}))
			defer s.Close()
			config := &rest.Config{Host: s.URL, BearerToken: "x", TLSClientConfig: rest.TLSClientConfig{
				CAData: pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw})}}
			err := edgecluster.Mark(t.Context(), config, c, "ada@example.com", when)
			if (err == nil) != (test.want != "") {
				t.Fatalf("got %v", err)
			}
			if err == nil && !strings.HasSuffix(written, test.want) {
				t.Errorf("wrote %q", written)
			}
			if len(test.patches) > 0 {
				t.Errorf("%d patches too few", len(test.patches))
			}
		})
	}
}
