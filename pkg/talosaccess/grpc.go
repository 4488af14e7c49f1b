package talosaccess

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

// maxAnswer is the size of the largest answer that is read. One with a certificate has 4 KiB.
const maxAnswer = 1 << 20

// StatusError is what a node said instead of an answer, by the codes of gRPC.
type StatusError struct {
	Code    int
	Message string
}

func (e *StatusError) Error() string {
	names := map[int]string{
		codeInvalid: "invalid argument", codeDenied: "permission denied", codePrecondition: "failed precondition",
		codeUnimplemented: "unimplemented", codeUnavailable: "unavailable", codeUnauthenticated: "unauthenticated",
	}
	name, ok := names[e.Code]
	if !ok {
		name = "code " + strconv.Itoa(e.Code)
	}
	return fmt.Sprintf("the node said %s: %.300s", name, e.Message)
}

// Denied reports whether the certificate of who asked does not have the role for it.
func (e *StatusError) Denied() bool { return e.Code == codeDenied || e.Code == codeUnauthenticated }

const (
	codeOK              = 0
	codeInvalid         = 3
	codeDenied          = 7
	codePrecondition    = 9
	codeUnimplemented   = 12
	codeUnavailable     = 14
	codeUnauthenticated = 16
)

// call makes one call with one message and one answer, as "gRPC over HTTP2" describes it. It is all that is needed of
// gRPC here, and net/http does the rest: connect made kubectl-edge 2 MB larger, grpc-go 3 MB, Talos' own client more,
// and each of them begins its work when the process starts, whatever the command.
func call(ctx context.Context, client *http.Client, host, method string, header http.Header, message []byte) ([]byte,
	error) {
	framed := binary.BigEndian.AppendUint32([]byte{0}, uint32(len(message))) // 0: not compressed
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "https://"+host+method,
		bytes.NewReader(append(framed, message...)))
	if err != nil {
		return nil, err
	}
	req.Header = header.Clone()
	req.Header.Set("Content-Type", "application/grpc")
	req.Header.Set("Te", "trailers")
	resp, err := client.Do(req)
	if err != nil {
		if failure, ok := errors.AsType[*url.Error](err); ok { // which repeats the whole address
			err = failure.Err
		}
		return nil, err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK || !strings.HasPrefix(resp.Header.Get("Content-Type"), "application/grpc") {
		return nil, fmt.Errorf("what answers is not a machine API: HTTP status %d", resp.StatusCode)
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer+1))
	switch {
	case err != nil:
		return nil, err
	case len(body) > maxAnswer:
		return nil, fmt.Errorf("the answer is larger than %d KiB", maxAnswer>>10)
	}
	if err := status(resp); err != nil {
		return nil, err
	}
	if len(body) < 5 || body[0] != 0 || uint64(binary.BigEndian.Uint32(body[1:5])) != uint64(len(body)-5) {
		return nil, errMalformed
	}
	return body[5:], nil
}

var errMalformed = errors.New("the answer is malformed")

// status is what the trailer says; an answer without a message has it in its header.
func status(resp *http.Response) error {
	from := resp.Trailer
	if from.Get("Grpc-Status") == "" {
		from = resp.Header
	}
	code, err := strconv.Atoi(from.Get("Grpc-Status"))
	switch {
	case err != nil:
		return errMalformed
	case code == codeOK:
		return nil
	}
	message := from.Get("Grpc-Message")
	if plain, err := url.PathUnescape(message); err == nil {
		message = plain
	}
	return &StatusError{code, message}
}
