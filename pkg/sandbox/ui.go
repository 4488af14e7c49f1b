package sandbox

import (
	"cmp"
	"crypto/tls"
	"crypto/x509"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"html/template"
	"io"
	"net/http"
	"strings"
	"time"
)

//go:embed ui.html
var uiHTML string

var uiPage = template.Must(template.New("ui").Parse(uiHTML))

// uiData is what ui.html shows.
type uiData struct {
	Instance string
	Error    string
	LoggedIn bool
	Hosts    []edgeHost
}

// edgeHost is a row of the table of edge hosts.
type edgeHost struct{ Namespace, Name, Ready, Message string }

// UIURL returns the address of an instance's web UI. The API names it as the frontendUrl with Settings.LocalUI.
func (s *Sandbox) UIURL(instanceID string) string { return s.base + "/ui/" + instanceID + "/" }

func (s *Sandbox) routeUI() {
	s.mux.HandleFunc("GET /{$}", s.showLanding)
	s.mux.HandleFunc("GET /ui/{id}/{$}", s.showUI)
	s.mux.HandleFunc("POST /ui/{id}/{$}", s.logInToUI)
}

func (s *Sandbox) showUI(w http.ResponseWriter, r *http.Request) {
	id := r.PathValue("id")
	if !s.hasInstance(id) {
		http.NotFound(w, r)
		return
	}
	uiData{Instance: id}.write(w, http.StatusOK)
}

// logInToUI shows the edge hosts, if the instance's API server takes the token that was posted.
func (s *Sandbox) logInToUI(w http.ResponseWriter, r *http.Request) {
	id := r.PathValue("id")
	var instance Instance
	if !s.SetInstance(id, func(i *Instance) { instance = *i }) {
		http.NotFound(w, r)
		return
	}
	if err := http.NewCrossOriginProtection().Check(r); err != nil {
		uiData{Instance: id, Error: "Another site sent this form."}.write(w, http.StatusForbidden)
		return
	}
	hosts, err := edgeHosts(r, instance, strings.TrimSpace(r.PostFormValue("token")))
	var refused refusedError
	switch {
	case errors.As(err, &refused):
		uiData{Instance: id, Error: refused.Error()}.write(w, http.StatusForbidden)
	case err != nil:
		uiData{Instance: id, Error: "The instance does not answer: " + err.Error()}.write(w, http.StatusBadGateway)
	default:
		uiData{Instance: id, LoggedIn: true, Hosts: hosts}.write(w, http.StatusOK)
	}
}

func (d uiData) write(w http.ResponseWriter, status int) {
	writePageHeader(w, status)
	_ = uiPage.Execute(w, d) // the client went away
}

// writePageHeader begins a page that keeps what it shows to itself: no cache, no script, no frame around it.
func writePageHeader(w http.ResponseWriter, status int) {
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	h.Set("Referrer-Policy", "same-origin")
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; "+
		"frame-ancestors 'none'")
	w.WriteHeader(status)
}

// refusedError says, for the page, why the API server did not take a token.
type refusedError string

func (e refusedError) Error() string { return string(e) }

// edgeHosts asks the instance's API server for its edge hosts, with the token of the person at the page.
func edgeHosts(r *http.Request, i Instance, token string) ([]edgeHost, error) {
	if strings.ContainsFunc(token, func(c rune) bool { return c <= ' ' || c > '~' }) {
		return nil, refusedError("This is not a token.")
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(i.ServerCA)
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}}
	defer transport.CloseIdleConnections()
	client := &http.Client{Transport: transport, Timeout: 10 * time.Second}
	req, err := http.NewRequestWithContext(r.Context(), http.MethodGet,
		i.Server+"/apis/edge.stackit.cloud/v1alpha1/edgehosts", nil)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Authorization", "Bearer "+token)
	res, err := client.Do(req)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	switch res.StatusCode {
	case http.StatusOK:
	case http.StatusUnauthorized:
		return nil, refusedError("The cluster token was refused: it is wrong, or has expired.")
	case http.StatusForbidden:
		return nil, refusedError("This token may not see edge hosts.")
	default:
		return nil, fmt.Errorf("%s", res.Status)
	}
	var list struct {
		Items []struct {
			Metadata struct{ Name, Namespace string }
			Status   struct {
				Conditions []struct{ Type, Status, Message string }
			}
		}
	}
	if err := json.NewDecoder(io.LimitReader(res.Body, 16<<20)).Decode(&list); err != nil {
		return nil, errors.New("it answered something other than a list of edge hosts")
	}
	var hosts []edgeHost
	for _, item := range list.Items {
		host := edgeHost{Namespace: item.Metadata.Namespace, Name: item.Metadata.Name, Ready: "Unknown"}
		for _, c := range item.Status.Conditions {
			if c.Type == "Ready" {
				host.Ready, host.Message = cmp.Or(c.Status, host.Ready), c.Message
			}
		}
		hosts = append(hosts, host)
	}
	return hosts, nil
}
