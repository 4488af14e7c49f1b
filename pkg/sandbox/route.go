package sandbox

import (
	"net/http"
	"strings"
)

// route answers a request, or says in the shape of STACKIT's errors that there is no such path, or not with that
// method: clients of services that the sandbox does not have come here as well.
func (s *Sandbox) route(w http.ResponseWriter, r *http.Request) {
	handler, pattern := s.mux.Handler(r)
	if pattern != "" {
		s.mux.ServeHTTP(w, r)
		return
	}
	refusal := &refusal{header: http.Header{}}
	handler.ServeHTTP(refusal, r)
	if allow := refusal.header.Get("Allow"); allow != "" {
		w.Header().Set("Allow", allow)
	}
	message := "no such path"
	if refusal.status == http.StatusMethodNotAllowed {
		message = "method not allowed"
	}
	body := pathError(r, s.Now(), refusal.status, message)
	if strings.HasPrefix(r.URL.Path, "/edge/") {
		body = codeError(refusal.status, message)
	}
	writeJSON(w, refusal.status, body)
}

// refusal takes what http.ServeMux answers where it has no handler: 404, or 405 with the methods that are allowed.
type refusal struct {
	header http.Header
	status int
}

func (r *refusal) Header() http.Header         { return r.header }
func (r *refusal) Write(b []byte) (int, error) { return len(b), nil }
func (r *refusal) WriteHeader(status int)      { r.status = status }
