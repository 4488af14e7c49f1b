package finder_test

import (
	"encoding/base64"
	"slices"
	"testing"

	"github.com/kubectl-edge/kubectl-edge/pkg/finder"
)

func TestClaimedInstances(t *testing.T) {
	jwt := func(claims string) string {
		return "e30." + base64.RawURLEncoding.EncodeToString([]byte(claims)) + ".c2ln"
	}
	for token, want := range map[string][]string{
		jwt(`{"aud":["demo-3714d85","https://mill-1a2b3c4.edge.eu01.example/api"],` +
			`"iss":"https://demo-3714d85.example"}`): {
			"demo-3714d85", "mill-1a2b3c4"},
		jwt(`{"aud":"https://kubernetes.default.svc","iss":"kubernetes/serviceaccount"}`): nil,
		jwt(`{"aud":"Demo-3714d85"}`): nil,
		"opaque-token":                nil,
		"":                            nil,
	} {
		if got := finder.ClaimedInstances(token); !slices.Equal(got, want) {
			t.Errorf("%s: got %q, want %q", token, got, want)
		}
	}
}
