package sandbox

import (
	"compress/gzip"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/util/uuid"

	"github.com/kubectl-edge/kubectl-edge/pkg/stackitid"
)

// requestIDHeader is what STACKIT's gateways name a request by, in their logs and their answers.
const requestIDHeader = "X-Request-Id"

// misdirected says why a request is none for this sandbox, or "". A web page that a browser on this machine shows can
// have its own name lead to the loopback address (DNS rebinding), and would then read the service account's key; and it
// can send forms here. Clients name this machine as their host, and browsers where a page comes from.
func (s *Sandbox) misdirected(r *http.Request) string {
	host := (&url.URL{Host: r.Host}).Hostname()
	if ip := net.ParseIP(host); !s.isOwn(host) && (ip == nil || !ip.IsLoopback()) {
		return "this is not " + r.Host
	}
	if !isAdmin(r) { // the others want a token, or check forms themselves
		return ""
	}
	if http.NewCrossOriginProtection().Check(r) != nil {
		return "another site sent this request"
	}
	if origin, err := url.Parse(r.Header.Get("Origin")); err != nil ||
		origin.Host != "" && !strings.EqualFold(origin.Host, r.Host) {
		return "another site sent this request"
	}
	return ""
}

// isOwn reports whether the sandbox is reached by a host's name or address. Letters of names may be large, and a dot
// may end them (RFC 3986 §3.2.2).
func (s *Sandbox) isOwn(host string) bool {
	names := append([]string{"localhost"}, s.hosts...)
	if own, err := url.Parse(s.base); err == nil { // New has checked it
		names = append(names, own.Hostname())
	}
	host = strings.TrimSuffix(host, ".")
	return slices.ContainsFunc(names, func(name string) bool { return strings.EqualFold(name, host) })
}

// gateway does to answers, those of faults as well, what STACKIT's edge does: a request ID, which is the client's own
// if it sent one, and compression where the client takes it.
func gateway(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id := r.Header.Get(requestIDHeader)
		if stackitid.ProjectID(id) != nil {
			id = string(uuid.NewUUID())
		}
		w.Header().Set(requestIDHeader, id)
		if !strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
			next.ServeHTTP(w, r)
			return
		}
		c := &compressed{ResponseWriter: w}
		next.ServeHTTP(c, r)
		c.close() // not where next panics, to cut the answer off
	})
}

// compressed compresses JSON.
type compressed struct {
	http.ResponseWriter
	gzip  *gzip.Writer // nil until it is known that there is something to compress
	begun bool
}

func (c *compressed) WriteHeader(status int) {
	c.begun = true
	h := c.Header()
	h.Add("Vary", "Accept-Encoding")
	if strings.HasPrefix(h.Get("Content-Type"), "application/json") {
		h.Set("Content-Encoding", "gzip")
		h.Del("Content-Length")
		c.gzip = gzip.NewWriter(c.ResponseWriter)
	}
	c.ResponseWriter.WriteHeader(status)
}

func (c *compressed) Write(b []byte) (int, error) {
	if !c.begun {
		c.WriteHeader(http.StatusOK)
	}
	if c.gzip != nil {
		return c.gzip.Write(b)
	}
	return c.ResponseWriter.Write(b)
}

// FlushError sends what has been written, for http.ResponseController.
func (c *compressed) FlushError() error {
	if c.gzip != nil {
		if err := c.gzip.Flush(); err != nil {
			return err
		}
	}
	return http.NewResponseController(c.ResponseWriter).Flush()
}

func (c *compressed) close() {
	if c.gzip != nil {
		_ = c.gzip.Close() // the client went away
	}
}
