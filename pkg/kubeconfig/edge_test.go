package kubeconfig_test

import (
	"testing"

	"github.com/kubectl-edge/kubectl-edge/pkg/kubeconfig"
)

func TestSameServer(t *testing.T) {
	for _, c := range []struct {
		a, b string
		same bool
	}{
		{"https://api.example", "https://API.example:443/", true},
		{"https://api.example/k8s", "https://api.example/k8s/", true},
		{"https://api.example", "https://api.example:6443", false},
		{"https://api.example/a", "https://api.example/b", false},
		{"https://api.example", "https://api.example.org", false},
		{"http://api.example", "http://api.example", false},
		{"https://api.example", "https://api.example:x", false},
	} {
		if got := kubeconfig.SameServer(c.a, c.b); got != c.same {
			t.Errorf("%s and %s: %v", c.a, c.b, got)
		}
	}
}
