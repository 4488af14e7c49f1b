package fleet

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	utilerrors "k8s.io/apimachinery/pkg/util/errors"

	"github.com/kubectl-edge/kubectl-edge/pkg/kubeconfig"
	"github.com/kubectl-edge/kubectl-edge/pkg/tokenrequest"
)

func TestNames(t *testing.T) {
	tests := map[string]struct {
		contexts string // each as CONTEXT=ID or CONTEXT=ID/CLUSTER
		want     string
	}{
		"all differ":                      {"a=demo-1 b=plant-1", "demo plant"},
		"two instances of one name":       {"a=demo-1 b=demo-2 c=plant-1", "demo-1 demo-2 plant"},
		"their edge clusters of one name": {"a=demo-1/berlin b=demo-2/berlin", "demo-1/berlin demo-2/berlin"},
		"two roles in one edge cluster": {
			"a=demo-1/berlin b=demo-1/berlin c=demo-1/hamburg", "a b demo/hamburg"},
		"two contexts of one of two instances of one name": {"a=demo-1 b=demo-1 c=demo-2", "a b demo-2"},
		"an instance and its edge cluster":                 {"a=demo-1 b=demo-1/berlin", "demo demo/berlin"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			var contexts []kubeconfig.EdgeContext
			for word := range strings.FieldsSeq(test.contexts) {
				context, of, _ := strings.Cut(word, "=")
				id, cluster, _ := strings.Cut(of, "/")
				contexts = append(contexts, kubeconfig.EdgeContext{Name: context,
					Request: tokenrequest.Request{InstanceID: id,
						EdgeCluster: tokenrequest.EdgeCluster{Cluster: cluster}}})
			}
			var got []string
			for _, name := range Names(contexts) {
				got = append(got, name.String())
			}
			if diff := cmp.Diff(strings.Fields(test.want), got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// pods is a page of a table of pods.
func pods(columns string, rows ...string) Table {
	page := &metav1.Table{}
	for name := range strings.FieldsSeq(columns) {
		page.ColumnDefinitions = append(page.ColumnDefinitions,
			metav1.TableColumnDefinition{Name: name, Type: "string"})
	}
	for _, row := range rows {
		var cells []any
		for cell := range strings.FieldsSeq(row) {
			cells = append(cells, cell)
		}
		page.Rows = append(page.Rows, metav1.TableRow{Cells: cells})
	}
	resource := schema.GroupVersionResource{Version: "v1", Resource: "pods"}
	return Table{mapping: &meta.RESTMapping{Resource: resource}, pages: []*metav1.Table{page}}
}

// described has another description of its first column.
func described(t Table) Table {
	t.pages[0].ColumnDefinitions[0].Description = "how it is called"
	return t
}

func TestMerger(t *testing.T) {
	here, there := &Member{Instance: "demo", Cluster: "berlin"}, &Member{Instance: "plant", Cluster: "ulm"}
	members := []*Member{here, there}
	command, ok := Parse([]string{"get", "pods"})
	if !ok {
		t.Fatal("get pods is not known")
	}
	tests := map[string]struct {
		answers []*Answer
		want    string
	}{
		"one table of both": {
			[]*Answer{{Tables: []Table{pods("Name Ready", "a 1/1")}}, {Tables: []Table{pods("Name Ready", "b 0/1")}}},
			"INSTANCE   CLUSTER   NAME   READY\ndemo       berlin    a      1/1\nplant      ulm       b      0/1\n",
		},
		"an older server has other columns": {
			[]*Answer{{Tables: []Table{pods("Name Ready", "a 1/1")}}, {Tables: []Table{pods("Name", "b")}}},
			"INSTANCE   CLUSTER   NAME   READY\ndemo       berlin    a      1/1\n\n" +
				"INSTANCE   CLUSTER   NAME\nplant      ulm       b\n",
		},
		"one has nothing": {
			[]*Answer{{Tables: []Table{pods("Name Ready")}}, {Tables: []Table{pods("Name Ready", "b 0/1")}}},
			"INSTANCE   CLUSTER   NAME   READY\nplant      ulm       b      0/1\n",
		},
		"an older server has nothing": {
			[]*Answer{{Tables: []Table{pods("Name Ready", "a 1/1")}}, {Tables: []Table{pods("Name")}}},
			"INSTANCE   CLUSTER   NAME   READY\ndemo       berlin    a      1/1\n",
		},
		"a newer server describes a column otherwise": {
			[]*Answer{{Tables: []Table{described(pods("Name", "a"))}}, {Tables: []Table{pods("Name", "b")}}},
			"INSTANCE   CLUSTER   NAME\ndemo       berlin    a\nplant      ulm       b\n",
		},
		"one was not asked": {
			[]*Answer{nil, {Tables: []Table{pods("Name", "b")}}},
			"INSTANCE   CLUSTER   NAME\nplant      ulm       b\n",
		},
		"nobody has anything": {[]*Answer{{}, {Tables: []Table{pods("Name")}}}, ""},
		"a command's own columns": {
			[]*Answer{
				{Tables: []Table{plainTable([]string{"ATTRIBUTE", "VALUE"}, [][]string{{"Username", "ada"}})}},
				{Tables: []Table{plainTable([]string{"ATTRIBUTE", "VALUE"}, [][]string{{"Username", "eve"}})}},
			},
			"INSTANCE   CLUSTER   ATTRIBUTE   VALUE\ndemo       berlin    Username    ada\n" +
				"plant      ulm       Username    eve\n",
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			if err := command.Merger(members).Print(&out, members, test.answers); err != nil {
				t.Fatal(err)
			}
			got := ""
			for line := range strings.Lines(out.String()) { // kubectl leaves spaces behind the last column
				got += strings.TrimRight(line, " \n") + "\n"
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestFailure(t *testing.T) {
	pods := schema.GroupResource{Resource: "pods"}
	refused := &url.Error{Op: "Get", URL: "https://berlin.example:6443/api",
		Err: errors.New("connect: connection refused")}
	late, cancel := context.WithTimeoutCause(t.Context(), 0, TimeoutError{After: "10s"})
	defer cancel()
	<-late.Done()
	tests := []struct {
		ctx  context.Context
		err  error
		want string
	}{
		{t.Context(), apierrors.NewNotFound(pods, "x"), `Error from server (NotFound): pods "x" not found`},
		{t.Context(), apierrors.NewUnauthorized("Unauthorized"),
			"error: You must be logged in to the server (Unauthorized)"},
		{t.Context(), refused, "The connection to the server berlin.example:6443 was refused - did you specify the " +
			"right host or port?"},
		{t.Context(), credentialError{errors.New("nobody is logged in")},
			"Unable to connect to the server: getting credentials: nobody is logged in"},
		{t.Context(), utilerrors.NewAggregate([]error{errors.New("one"), errors.New("two")}), "one\ntwo"},
		{t.Context(), utilerrors.NewAggregate([]error{errors.New("alone")}), "error: alone"},
		{late, fmt.Errorf("list: %w", context.DeadlineExceeded), "error: no answer within 10s (--timeout)"},
	}
	for _, test := range tests {
		if got := Failure(test.ctx, test.err); got != test.want {
			t.Errorf("%v:\ngot  %q\nwant %q", test.err, got, test.want)
		}
	}
}

// A watch goes on over events, and what ends it says whether to begin again.
func TestWatchEnds(t *testing.T) {
	const row = `{"type":"ADDED","object":{"kind":"Table","apiVersion":"meta.k8s.io/v1",
		"columnDefinitions":[{"name":"Name","type":"string"}],"rows":[{"cells":["a"]}]}}`
	const later = `{"type":"MODIFIED","object":{"kind":"Table","apiVersion":"meta.k8s.io/v1",
		"rows":[{"cells":["b"]}]}}`
	member := &Member{Instance: "demo"}
	command, ok := Parse([]string{"get", "pods", "--watch"})
	if !ok || !command.Watches() {
		t.Fatal("get --watch is not known")
	}
	watched := func(ctx context.Context, body string) (string, error) {
		var out bytes.Buffer
		w := &watched{stream: command.Merger([]*Member{member}).Stream(&out, nil, []*Member{member})}
		err := w.events(ctx, &connection{member: member}, strings.NewReader(body))
		return out.String(), err
	}
	out, err := watched(t.Context(), row+`{"type":"BOOKMARK","object":{}}`+later)
	if !errors.Is(err, ErrWatchEnded) {
		t.Errorf("the server's end: %v", err)
	}
	if diff := cmp.Diff([]string{"INSTANCE", "NAME", "demo", "a", "demo", "b"}, strings.Fields(out)); diff != "" {
		t.Errorf("rows, the second without columns:\n%s", diff)
	}
	if _, err = watched(t.Context(), `{"type":"ADDED","obj`); !errors.Is(err, ErrWatchEnded) {
		t.Errorf("a torn event: %v", err)
	}
	_, err = watched(t.Context(), `{"type":"ERROR","object":{"kind":"Status","apiVersion":"v1","status":"Failure",
		"reason":"Expired","code":410,"message":"too old resource version"}}`)
	if !apierrors.IsResourceExpired(err) {
		t.Errorf("too old: %v", err)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err = watched(ended, ""); !errors.Is(err, context.Canceled) {
		t.Errorf("Ctrl-C: %v", err)
	}
}
