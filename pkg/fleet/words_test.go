package fleet

import (
	"reflect"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/client-go/tools/clientcmd/api"
)

// Only a context whose user does no more than call our helper is asked without kubectl.
func TestMemberOf(t *testing.T) {
	args := []string{"--project-id=12345678-ffff-4bcd-8fff-123456789abc", "--region=eu01",
		"--instance-id=demo-3714d85", "--profile=default"}
	for name, test := range map[string]struct {
		change func(*api.AuthInfo, *api.Context)
		ours   bool
	}{
		"as it is written": {func(*api.AuthInfo, *api.Context) {}, true},
		"with whom to impersonate": {
			func(u *api.AuthInfo, _ *api.Context) { u.Impersonate = "jane" }, true},
		"with a variable for the helper": {
			func(u *api.AuthInfo, _ *api.Context) { u.Exec.Env = []api.ExecEnvVar{{Name: "A", Value: "b"}} }, false},
		"with a token, too": {func(u *api.AuthInfo, _ *api.Context) { u.Token = "x" }, false},
		"with a certificate, too": {
			func(u *api.AuthInfo, _ *api.Context) { u.ClientCertificateData = []byte("x") }, false},
		"that must be able to ask": {func(u *api.AuthInfo, _ *api.Context) {
			u.Exec.InteractiveMode = api.AlwaysExecInteractiveMode
		}, false},
		"of another helper":      {func(u *api.AuthInfo, _ *api.Context) { u.Exec.Command = "aws" }, false},
		"of a cluster not there": {func(_ *api.AuthInfo, c *api.Context) { c.Cluster = "gone" }, false},
	} {
		config := api.NewConfig()
		config.Clusters["c"] = &api.Cluster{Server: "https://demo.example"}
		config.AuthInfos["u"] = &api.AuthInfo{Exec: &api.ExecConfig{Command: "kubectl-edge_credential", Args: args,
			APIVersion: "client.authentication.k8s.io/v1"}}
		config.Contexts["x"] = &api.Context{Cluster: "c", AuthInfo: "u"}
		test.change(config.AuthInfos["u"], config.Contexts["x"])
		member, _, err := MemberOf(config, "x")
		if (err == nil) != test.ours {
			t.Errorf("a user %s: %v", name, err)
		}
		if err == nil && (member.Instance != "demo" || member.Namespace != "default" ||
			member.Config.Impersonate.UserName != config.AuthInfos["u"].Impersonate) {
			t.Errorf("a user %s: %+v", name, member)
		}
	}
}

func TestSkew(t *testing.T) {
	for _, test := range []struct {
		client, server string
		want           string
	}{
		{"v1.36.3", "v1.36.0", ""}, {"v1.36.3", "v1.35.9", ""}, {"v1.36.3", "v1.37.0", ""},
		{"v1.36.3", "v1.34.1", "client (1.36) and server (1.34) exceeds"},
		{"v1.36.3", "v1.38.0+k3s1", "client (1.36) and server (1.38) exceeds"},
		{"v1.36.3", "v2.36.0", "client (1.36) and server (2.36) exceeds"}, {"v1.36.3", "unknown", ""},
	} {
		got := skewOf(test.client, test.server)
		if !strings.Contains(got, test.want) || (got == "") != (test.want == "") {
			t.Errorf("%s and %s: %q, want %q", test.client, test.server, got, test.want)
		}
	}
}

// A condition of an earlier generation says nothing about what the object is to be now.
func TestConditions(t *testing.T) {
	for text, test := range map[string]struct {
		of   string
		want bool
	}{
		"condition=Ready":                    {"ready", true},
		"condition=ready":                    {"ready", true},
		"condition=Ready=False":              {"ready", false},
		"condition=Available":                {"ready", false},
		"condition=Ready=true":               {"stale", false},
		"condition=Own":                      {"stale", false},
		"condition=Ready=unknown":            {"unknown", true},
		"jsonpath={.spec.n}=3":               {"ready", true},
		"jsonpath=.spec.n=4":                 {"ready", false},
		"jsonpath={.spec.n}":                 {"ready", true},
		"jsonpath={.spec.nope}":              {"ready", false},
		"jsonpath='{.status.conditions[0]}'": {"", false}, // quotes are no path
	} {
		c, ok := parseCondition(text)
		if test.of == "" {
			if ok {
				t.Errorf("%s is taken", text)
			}
			continue
		}
		ready := map[string]any{"type": "Ready", "status": "True"}
		object := map[string]any{"metadata": map[string]any{"generation": int64(2)},
			"spec": map[string]any{"n": int64(3)}, "status": map[string]any{"conditions": []any{ready}}}
		switch test.of {
		case "stale":
			object["status"].(map[string]any)["observedGeneration"] = int64(1)
			own := map[string]any{"type": "Own", "status": "True", "observedGeneration": int64(1)}
			object["status"].(map[string]any)["conditions"] = []any{own, ready}
		case "unknown":
			ready["status"] = "Unknown"
		}
		got, err := c.met(&unstructured.Unstructured{Object: object})
		if got != test.want || err != nil || !ok {
			t.Errorf("%s of a %s object: %v, %v", text, test.of, got, err)
		}
	}
	for _, text := range []string{"jsonpath={.status.conditions}=x", "jsonpath={.spec.*}=3"} {
		c, _ := parseCondition(text)
		object := map[string]any{"spec": map[string]any{"a": "1", "b": "2"},
			"status": map[string]any{"conditions": []any{"x"}}}
		if met, err := c.met(&unstructured.Unstructured{Object: object}); met || err == nil {
			t.Errorf("%s: %v, %v", text, met, err)
		}
	}
}

// Quantities are compared by what they say: 900m is less than 1, and 1Ki more than 1000.
func TestOrder(t *testing.T) {
	for _, test := range []struct {
		a, b any
		less bool
	}{
		{"900m", "1", true}, {"1Ki", "1000", false}, {"2", "10", true}, {"b", "a", false}, {"a", "10", false},
		{int64(2), int64(10), true}, {1.5, 1.25, false}, {nil, "x", true}, {"x", nil, false},
	} {
		values := []any{test.a, test.b}
		v := reflect.ValueOf(values)
		less, err := isLess(v.Index(0), v.Index(1))
		if less != test.less || err != nil {
			t.Errorf("%v before %v: %v, %v", test.a, test.b, less, err)
		}
	}
}
