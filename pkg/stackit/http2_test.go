package stackit

import (
	"crypto/tls"
	"io"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox"
	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox/sandboxtest"
	"github.com/kubectl-edge/kubectl-edge/pkg/transport"
)

// Frames of HTTP/2 (RFC 9113): length, type, flags, stream, payload.
const (
	settingsFrame = "\x00\x00\x00" + "\x04\x00" + "\x00\x00\x00\x00"
	// Streams up to the first may have been worked on, so that net/http does not send them again itself.
	goAwayFrame = "\x00\x00\x08" + "\x07\x00" + "\x00\x00\x00\x00" + "\x00\x00\x00\x01" + "\x00\x00\x00\x00"
)

// A server that goes away with a request half done is asked again for what only reads, and never for a mint.
func TestGoAway(t *testing.T) {
	s, _ := sandboxtest.StartHTTP2(t)
	config := s.TLSConfig().Clone()
	config.NextProtos = []string{"h2"}
	listener, err := tls.Listen("tcp", "127.0.0.1:0", config)
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	var connections atomic.Int32
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return // the test is over
			}
			connections.Add(1)
			go goAway(conn)
		}
	}()
	client, err := transport.NewClient(transport.Options{CAData: s.CA()})
	if err != nil {
		t.Fatal(err)
	}
	_, port, err := net.SplitHostPort(listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	w := newWorldOf(t, s, sandbox.AdminServiceAccount)
	c := New(client, Endpoints{Edge: "https://localhost:" + port}, fixed("token"))
	c.sleep = w.sleep
	_, err = c.Instances(t.Context(), sandbox.ProjectID, sandbox.Region)
	want := "localhost:" + port + ": the server broke off its answer"
	if n := connections.Swap(0); n != maxAttempts || err == nil || !strings.HasSuffix(err.Error(), want) {
		t.Errorf("list: %d connections, %v; want %d, and that it broke off", n, err, maxAttempts)
	}
	_, err = c.Token(t.Context(), sandbox.ProjectID, sandbox.Region, sandbox.InstanceID, 10*time.Minute)
	if n := connections.Load(); n != 1 || err == nil {
		t.Errorf("mint: %d connections, %v; want 1, and an error", n, err)
	}
}

// goAway answers the first request on a connection with GOAWAY, and ends it.
func goAway(conn net.Conn) {
	defer conn.Close()
	if _, err := io.WriteString(conn, settingsFrame); err != nil {
		return
	}
	if _, err := io.CopyN(io.Discard, conn, int64(len("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"))); err != nil {
		return
	}
	for header := make([]byte, 9); ; {
		if _, err := io.ReadFull(conn, header); err != nil {
			return
		}
		length := int64(header[0])<<16 | int64(header[1])<<8 | int64(header[2])
		if _, err := io.CopyN(io.Discard, conn, length); err != nil {
			return
		}
		if header[3] == 1 { // HEADERS: the request
			_, _ = io.WriteString(conn, goAwayFrame)
			return
		}
	}
}
