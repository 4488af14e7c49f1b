package login

import (
	"bytes"
	"context"
	"crypto/subtle"
	_ "embed"
	"errors"
	"fmt"
	"html/template"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/kubectl-edge/kubectl-edge/pkg/hint"
)

// firstPort to lastPort are the ports that are registered for the client; the provider knows no others and no wildcard.
const (
	firstPort = 8000
	lastPort  = 8020
)

// Ports are those to which the identity provider sends browsers back.
func Ports() (first, last int) { return firstPort, lastPort }

// callback receives the browser at the end of a sign-in (RFC 8252, section 7.3): one answer, on loopback alone.
type callback struct {
	port    int
	state   string
	answers chan answer  // gets one
	result  chan outcome // what the page is to say
	server  *http.Server

	once sync.Once
}

// answer is what the identity provider sent the browser back with.
type answer struct {
	code string
	err  error
}

// outcome is how a login went.
type outcome struct {
	principal string
	err       error
}

// listen waits for the answer with this state, on the given port or, if it is 0, on the first of the registered ones
// that is free.
func listen(ctx context.Context, port int, state string) (*callback, error) {
	first, last := firstPort, lastPort
	if port != 0 {
		if err := checkPort(port); err != nil {
			return nil, err
		}
		first, last = port, port
	}
	hosts := loopbackHosts(ctx)
	for port := first; port <= last && len(hosts) > 0; port++ {
		if listeners := listenOn(ctx, hosts, port); listeners != nil {
			return serve(listeners, port, state), nil
		}
	}
	return nil, hint.Wrap(fmt.Errorf("no free port on this machine's loopback from %d to %d, to which the browser "+
		"could return", first, last),
		"close what uses them, or log in with --no-browser")
}

// checkPort refuses a port that is not registered.
func checkPort(port int) error {
	if port < firstPort || port > lastPort {
		return fmt.Errorf("port %d: the identity provider sends browsers back to ports %d to %d alone", port,
			firstPort, lastPort)
	}
	return nil
}

// loopbackHosts are the loopback addresses that this machine has. Browsers take localhost for either.
func loopbackHosts(ctx context.Context) []string {
	var hosts []string
	for _, host := range []string{"127.0.0.1", "::1"} {
		if l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", net.JoinHostPort(host, "0")); err == nil {
			_ = l.Close()
			hosts = append(hosts, host)
		}
	}
	return hosts
}

// listenOn listens on all hosts or none: another program that had the port on one of them would get the answer.
func listenOn(ctx context.Context, hosts []string, port int) []net.Listener {
	var listeners []net.Listener
	for _, host := range hosts {
		l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", net.JoinHostPort(host, strconv.Itoa(port)))
		if err != nil {
			for _, l := range listeners {
				_ = l.Close()
			}
			return nil
		}
		listeners = append(listeners, l)
	}
	return listeners
}

func serve(listeners []net.Listener, port int, state string) *callback {
	c := &callback{port: port, state: state, answers: make(chan answer, 1), result: make(chan outcome, 1)}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", c.receive)
	c.server = &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second, MaxHeaderBytes: 64 << 10}
	for _, l := range listeners {
		go func() { _ = c.server.Serve(l) }() // ends with the login
	}
	return c
}

// redirectURL is what is registered: without a path, and without a slash at its end.
func (c *callback) redirectURL() string { return redirectURL(c.port) }

func redirectURL(port int) string { return "http://localhost:" + strconv.Itoa(port) }

func (c *callback) receive(w http.ResponseWriter, r *http.Request) {
	a, belongs := readAnswer(r.URL.Query(), c.state)
	if !belongs {
		showPage(w, http.StatusBadRequest, page{Title: "Not this login",
			Message: "This address does not belong to the login that is waiting. " +
				"Nothing was changed; the login waits on."})
		return
	}
	first := false
	c.once.Do(func() { first = true; c.answers <- a })
	if !first {
		showPage(w, http.StatusConflict, page{Title: "Used already",
			Message: "This address was used before, and is good for one login only."})
		return
	}
	select {
	case o := <-c.result:
		if o.err != nil {
			message := capitalized(o.err) + "."
			if hint.Of(o.err) != "" {
				message += " See the terminal for what to do."
			}
			showPage(w, http.StatusOK, page{Title: "Not logged in", Message: message})
			return
		}
		showPage(w, http.StatusOK, page{Title: "Logged in", OK: true,
			Message: "You are logged in as " + o.principal +
				". You can close this window and go back to the terminal."})
	case <-r.Context().Done(): // the tab was closed: the login goes on
	}
}

// report shows how the login went, and stops listening.
func (c *callback) report(principal string, err error) {
	c.result <- outcome{principal, err}
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second) // for the page to be sent
	defer cancel()
	if c.server.Shutdown(ctx) != nil {
		_ = c.server.Close()
	}
}

// readAnswer reads the query that the identity provider adds to the redirect URL, and whether it answers the request
// with this state.
func readAnswer(q url.Values, state string) (a answer, belongs bool) {
	if subtle.ConstantTimeCompare([]byte(q.Get("state")), []byte(state)) != 1 {
		return answer{}, false
	}
	switch code := q.Get("error"); {
	case code == "access_denied":
		return answer{err: errors.New("the sign-in was denied")}, true
	case isErrorCode(code):
		return answer{err: fmt.Errorf("the identity provider refused the sign-in: %s", code)}, true
	case code != "" || q.Get("code") == "":
		return answer{err: errors.New("the identity provider refused the sign-in")}, true
	}
	return answer{code: q.Get("code")}, true
}

//go:embed page.html
var pageHTML string

// page is what a browser shows.
type page struct {
	Title, Message string
	OK             bool
}

func showPage(w http.ResponseWriter, status int, p page) {
	var body bytes.Buffer
	if err := template.Must(template.New("page").Parse(pageHTML)).Execute(&body, p); err != nil {
		http.Error(w, p.Title, http.StatusInternalServerError)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action "+
		"'none'; frame-ancestors 'none'")
	h.Set("Cache-Control", "no-store")
	h.Set("Referrer-Policy", "no-referrer") // the address has the code in it
	h.Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	_, _ = body.WriteTo(w)
}

// capitalized is the error as a sentence begins.
func capitalized(err error) string {
	text := err.Error()
	return strings.ToUpper(text[:1]) + text[1:]
}
