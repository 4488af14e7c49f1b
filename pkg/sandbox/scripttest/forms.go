package scripttest

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// answerForm answers instead of the server, whose answer was recorded.
type answerForm func(http.ResponseWriter, *http.Request, *httptest.ResponseRecorder)

// forms are answers that published servers and what stands before them give, and the sandbox's StackState does not.
func forms() map[string]answerForm {
	return map[string]answerForm{
		// created: by the book of REST.
		"created": func(w http.ResponseWriter, r *http.Request, rec *httptest.ResponseRecorder) {
			switch r.Method {
			case http.MethodPost:
				answer(w, http.StatusCreated, "application/json;charset=UTF-8", rec.Body.String())
			case http.MethodDelete:
				answer(w, http.StatusOK, "application/json", `{"deleted": true}`)
			default:
				answer(w, rec.Code, "application/vnd.stackstate+json", rec.Body.String())
			}
		},
		// text: JSON that does not say so, and a token alone.
		"text": func(w http.ResponseWriter, r *http.Request, rec *httptest.ResponseRecorder) {
			switch {
			case r.Method == http.MethodPost && rec.Code == http.StatusOK:
				var created struct{ Token string }
				_ = json.Unmarshal(rec.Body.Bytes(), &created)
				answer(w, http.StatusOK, "text/plain", created.Token+"\n")
			case r.Method == http.MethodDelete:
				answer(w, http.StatusAccepted, "text/plain", "done")
			default:
				answer(w, rec.Code, "text/plain", rec.Body.String())
			}
		},
		"empty": func(w http.ResponseWriter, r *http.Request, rec *httptest.ResponseRecorder) {
			if r.Method == http.MethodPost {
				answer(w, http.StatusOK, "application/json", "")
				return
			}
			answer(w, rec.Code, "application/json", rec.Body.String())
		},
		"text-401": func(w http.ResponseWriter, _ *http.Request, _ *httptest.ResponseRecorder) {
			answer(w, http.StatusUnauthorized, "text/plain",
				"\n  The token svctok-0123456789 was\x1b[2J revoked.\nSecond line\n")
		},
		"html-403": func(w http.ResponseWriter, _ *http.Request, _ *httptest.ResponseRecorder) {
			answer(w, http.StatusForbidden, "text/html", "<html><head><style>p{}</style>"+
				"<title>Blocked by the firewall &amp; co</title></head><p>x</p>")
		},
		"json-403": func(w http.ResponseWriter, _ *http.Request, _ *httptest.ResponseRecorder) {
			answer(w, http.StatusForbidden, "application/problem+json", "{\n  \"detail\": \"not from this network\"\n}")
		},
		"behind": func(w http.ResponseWriter, _ *http.Request, _ *httptest.ResponseRecorder) {
			w.Header().Set("Date", time.Now().Add(-2*time.Hour).UTC().Format(http.TimeFormat))
			answer(w, http.StatusUnauthorized, "application/json", `{"message": "the token is not valid yet"}`)
		},
		"long": func(w http.ResponseWriter, _ *http.Request, _ *httptest.ResponseRecorder) {
			answer(w, http.StatusBadGateway, "text/plain", strings.Repeat("long ", 1000))
		},
	}
}

func answer(w http.ResponseWriter, status int, contentType, body string) {
	w.Header().Set("Content-Type", contentType)
	w.WriteHeader(status)
	_, _ = io.WriteString(w, body)
}

func form(_ *testscript.TestScript, w *World, args []string) error {
	var form answerForm
	if len(args) > 0 {
		if form = forms()[args[0]]; form == nil {
			return fmt.Errorf("unknown form %q", args[0])
		}
	}
	w.StackState.setForm(form)
	return nil
}
