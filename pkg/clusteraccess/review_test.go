package clusteraccess

import (
	"encoding/pem"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/kubectl-edge/kubectl-edge/pkg/kubeapi"
	"github.com/kubectl-edge/kubectl-edge/pkg/tokencache"
)

// TestReviewRefused has API servers refuse the question who one is, as one does where system:basic-user was taken away:
// the refusal names whom it takes the bearer for, and that counts.
func TestReviewRefused(t *testing.T) {
	const name = "kubectl-edge:ada@example.com"
	for user, want := range map[string]string{
		name:               "",
		name + ".evil":     "try the token: ",
		"somebody":         "try the token: ",
		"system:anonymous": "something in between drops it",
	} {
		s := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusForbidden)
			fmt.Fprintf(w, `{"kind": "Status", "code": 403, "reason": "Forbidden", "message": %q}`,
				fmt.Sprintf("selfsubjectreviews.authentication.k8s.io is forbidden: User %q cannot create resource", user))
		}))
		server := kubeapi.Server{URL: s.URL,
			CA: pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw})}
		err := review(t.Context(), server, tokencache.Entry{Token: "t-0-k-e-n"}, "test", name, nil)
		s.Close()
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %q", user, err, want)
		}
	}
}
