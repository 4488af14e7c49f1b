package fleet

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
)

// How much is read of what one cluster sends, decompressed. Lists come in pages of 500 objects, of which etcd takes
// none above 1.5 MiB and most have a few KiB: a real cluster stays far below. One that does not would otherwise take
// the memory of all others, and kubectl's after it.
const (
	mostOfAnswer = 128 << 20
	mostOfAll    = 256 << 20 // by one command
	mostOfEvent  = 16 << 20
	mostOfError  = 1 << 20
)

// tooMuchError is that of a cluster which sent more than is read of it.
type tooMuchError struct {
	most int64
	of   string
}

func (e tooMuchError) Error() string {
	return fmt.Sprintf("the server sent more than %d MiB %s, which is as much as is read", e.most>>20, e.of)
}

func isTooMuch(err error) bool { return errors.As(err, new(tooMuchError)) }

// bounds is the transport of one member, whose answers end where they become too large.
type bounds struct {
	next   http.RoundTripper
	read   int64 // of all answers
	broken error // how the last answer broke off
}

// RoundTrip bounds the answer. What is behind next has decompressed it.
func (b *bounds) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := b.next.RoundTrip(r)
	switch {
	case err != nil:
	case resp.StatusCode >= http.StatusMultipleChoices:
		resp.Body = &refusal{resp.Body, mostOfError}
	case r.Context().Value(endless{}) == nil:
		resp.Body = &answer{ReadCloser: resp.Body, bounds: b, announced: resp.ContentLength}
	}
	return resp, err
}

// refusal is what is said beside a status, which counts, whatever becomes of the rest.
type refusal struct {
	io.ReadCloser
	left int
}

func (f *refusal) Read(p []byte) (int, error) {
	n, err := f.ReadCloser.Read(p[:min(len(p), f.left)])
	if f.left -= n; err != nil || f.left == 0 {
		err = io.EOF
	}
	return n, err
}

// answer is one that is read as a whole.
type answer struct {
	io.ReadCloser
	bounds    *bounds
	announced int64 // -1 of one that does not say
	read      int64
}

// Read ends as if that were the end of the answer where it breaks off: client-go would log the error, past our streams,
// before it returns it.
func (a *answer) Read(p []byte) (int, error) {
	n, err := a.next(p)
	if err != nil && err != io.EOF {
		a.bounds.broken, err = err, io.EOF
	}
	return n, err
}

func (a *answer) next(p []byte) (int, error) {
	if a.announced > mostOfAnswer {
		return 0, tooMuchError{mostOfAnswer, "in one answer"}
	}
	n, err := a.ReadCloser.Read(p)
	a.read += int64(n)
	a.bounds.read += int64(n)
	switch {
	case a.read > mostOfAnswer:
		return 0, tooMuchError{mostOfAnswer, "in one answer"}
	case a.bounds.read > mostOfAll:
		return 0, tooMuchError{mostOfAll, "in all"}
	case err != nil && err != io.EOF:
		err = fmt.Errorf("unexpected error when reading response body. Please retry. Original error: %w", err)
	}
	return n, err
}

// endless marks the context of a request whose answer goes on: its events are bounded instead.
type endless struct{}

// events are those of a watch.
type events struct {
	body    io.Reader
	left    int64 // of what may be read for the next one
	decoder *json.Decoder
}

func eventsOf(body io.Reader) *events {
	e := &events{body: body}
	e.decoder = json.NewDecoder(e)
	return e
}

// Read is for the decoder.
func (e *events) Read(p []byte) (int, error) {
	n, err := e.body.Read(p)
	if e.left -= int64(n); e.left < 0 {
		return 0, tooMuchError{mostOfEvent, "in one event"}
	}
	return n, err
}

func (e *events) next(event any) error {
	e.left = mostOfEvent
	return e.decoder.Decode(event)
}
