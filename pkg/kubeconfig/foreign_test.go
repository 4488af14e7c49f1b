package kubeconfig

import (
	"fmt"
	"strings"
	"testing"
)

// TestForeignIsNotPrinted: a credential of a kubeconfig from elsewhere is in no verb's text.
func TestForeignIsNotPrinted(t *testing.T) {
	f := Foreign{Server: "https://berlin.example", Key: []byte("canary"), Token: "canary"}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%d", "%x"} {
		if got := fmt.Sprintf(verb, f); strings.Contains(got, "canary") || strings.Contains(got, "63616e617279") ||
			!strings.Contains(got, f.Server) {
			t.Errorf("%s: got %s", verb, got)
		}
	}
}
