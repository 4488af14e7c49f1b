package sts

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"

	"github.com/kubectl-edge/kubectl-edge/pkg/hint"
	"github.com/kubectl-edge/kubectl-edge/pkg/stackstate"
)

// Exit codes, those of sts; with the difference that an answer with an error, for which sts has 2 but ends with 3, is 2
// here.
const (
	exitOK          = 0
	exitConfig      = 1
	exitResponse    = 2
	exitUsage       = 3
	exitConnect     = 4
	exitRead        = 5
	exitWrite       = 6
	exitNoContext   = 8
	exitRuntime     = 9
	exitVersion     = 10
	exitHTTPClient  = 11
	exitInterrupted = 130 // Ctrl-C, as shells have it
)

const exitCodes = `Exit codes:
  0   success
  1   configuration: unreadable, incomplete or contradictory
  2   the server answered a request with an error (sts itself ends with 3)
  3   unknown command, flag or argument
  4   no connection: network, TLS, time out, or the token was refused at once
  5   a file could not be read
  6   the configuration could not be written
  8   no such context
  9   anything else that went wrong while running
  10  the server is too old
  11  the CA certificate cannot be used
  130 interrupted
  "run" ends with the exit code of the program that it ran`

// coded is an error with an exit code.
type coded struct {
	error
	code int
}

func (c coded) Unwrap() error { return c.error }

// withCode gives err an exit code; a nil err stays nil.
func withCode(code int, err error) error {
	if err == nil {
		return nil
	}
	return coded{err, code}
}

func usage(err error) error { return withCode(exitUsage, err) }

// exitCode is the code of the innermost cause that has one.
func exitCode(err error) int {
	var (
		c       coded
		version *stackstate.VersionError
		connect *stackstate.ConnectError
		answer  *stackstate.Error
		network *url.Error
	)
	switch {
	case errors.As(err, &c):
		return c.code
	case errors.As(err, &version):
		return exitVersion
	case errors.As(err, &connect), errors.As(err, &network), errors.Is(err, io.ErrUnexpectedEOF):
		return exitConnect
	case errors.As(err, &answer):
		return exitResponse
	default:
		return exitRuntime
	}
}

// childError is the end of a program that was run; it speaks for itself.
type childError int

func (e childError) Error() string { return fmt.Sprintf("exit status %d", int(e)) }

// printError prints err, in the form that the output has, and returns the exit code.
func (a *app) printError(ctx context.Context, err error) int {
	var child childError
	if errors.As(err, &child) {
		return int(child)
	}
	if ctx.Err() != nil && errors.Is(err, context.Canceled) {
		fmt.Fprintln(a.ErrOut, "interrupted")
		return exitInterrupted
	}
	if a.output != "json" {
		hint.Print(a.ErrOut, err)
		return exitCode(err)
	}
	report := struct {
		Error   bool   `json:"error"`
		Message string `json:"error-message"`
		Hint    string `json:"hint,omitempty"`
	}{true, err.Error(), hint.Of(err)}
	enc := json.NewEncoder(a.ErrOut)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	_ = enc.Encode(report)
	return exitCode(err)
}
