package kubeapi

import (
	"errors"
	"io"
	"net"
	"net/url"
	"os"

	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/kubectl-edge/kubectl-edge/pkg/hint"
)

// UnreachableError is that a server gave no answer.
type UnreachableError struct {
	Host string
	Err  error
}

// Error names the host once: what package net says names it again, with its address.
func (e *UnreachableError) Error() string {
	if hint.Of(e.Err) != "" { // what is between, in a sentence of its own
		return e.Err.Error()
	}
	return e.Host + " cannot be reached: " + reason(e.Err)
}

func (e *UnreachableError) Unwrap() error { return e.Err }

// Unreachable is the UnreachableError of a request to the host that err came of.
func Unreachable(host string, err error) error {
	if failure, ok := errors.AsType[*url.Error](err); ok { // which repeats the whole address
		err = failure.Err
	}
	return &UnreachableError{host, err}
}

// reason is why there was no answer, without the host.
func reason(err error) string {
	if unknown, ok := errors.AsType[*net.DNSError](err); ok {
		return unknown.Err
	}
	if late, ok := errors.AsType[net.Error](err); ok && late.Timeout() {
		return "there was no answer in time"
	}
	if failed, ok := errors.AsType[*os.SyscallError](err); ok {
		return failed.Err.Error()
	}
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return "it ended the connection"
	}
	return err.Error()
}

// Missing reports whether err is an API server's word that an object is not there. It is not where the kind of object
// is unknown, nor where something else than an API server answered 404.
func Missing(err error) bool {
	status, ok := errors.AsType[*apierrors.StatusError](err)
	return ok && apierrors.IsNotFound(err) && status.ErrStatus.Details != nil && status.ErrStatus.Details.Name != ""
}
