package sandbox

import (
	"encoding/json"
	"net/http"
	"strconv"
	"time"
)

// writeJSON answers with a JSON document. A nil value is no body.
func writeJSON(w http.ResponseWriter, status int, v any) {
	if v == nil {
		w.WriteHeader(status)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(v) // the client went away
}

// codeError is how the Edge API reports errors: the code is a string.
func codeError(status int, message string) any {
	return map[string]string{"code": strconv.Itoa(status), "message": message}
}

// pathError is how gateways, the resource manager and the service account API report errors.
func pathError(r *http.Request, now time.Time, status int, message string) any {
	return map[string]any{
		"timeStamp": now.UTC().Format(time.RFC3339),
		"path":      r.URL.Path,
		"status":    status,
		"error":     http.StatusText(status),
		"message":   message,
	}
}

// oauthError is RFC 6749 §5.2. Like STACKIT's it has no description.
func oauthError(code string) any { return map[string]string{"error": code} }
