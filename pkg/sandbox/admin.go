package sandbox

import (
	"encoding/json"
	"net/http"
	"strings"
)

func isAdmin(r *http.Request) bool { return strings.HasPrefix(r.URL.Path, "/sandbox/") }

func (s *Sandbox) routeAdmin() {
	s.mux.HandleFunc("GET /sandbox/stats", func(w http.ResponseWriter, r *http.Request) { writeJSON(w, http.StatusOK, s.Stats()) })
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(v) // the client went away
}
