package sts

import (
	"errors"
	"io"
	"net/url"

	"github.com/kubectl-edge/kubectl-edge/pkg/hint"
	"github.com/kubectl-edge/kubectl-edge/pkg/mint"
	"github.com/kubectl-edge/kubectl-edge/pkg/output"
	"github.com/kubectl-edge/kubectl-edge/pkg/plugin"
	"github.com/kubectl-edge/kubectl-edge/pkg/stackstate"
)

// Exit codes, those of sts; with the difference that an answer with an error, for which sts has 2 but ends with 3, is 2
// here.
const (
	exitConfig     = 1
	exitResponse   = 2
	exitUsage      = 3
	exitConnect    = 4
	exitRead       = 5
	exitWrite      = 6
	exitNoContext  = 8
	exitRuntime    = 9
	exitVersion    = 10
	exitHTTPClient = 11
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
  141 the reader of the output went away, as after … | head
  "run" ends with the exit code of the program that it ran`

func withCode(code int, err error) error { return plugin.WithCode(code, err) }

func usage(err error) error { return withCode(exitUsage, err) }

func isUsage(err error) bool {
	code, ok := plugin.CodeOf(err)
	return ok && code == exitUsage
}

// exitCode is the code of an error: the one it was given, or that of its cause.
func exitCode(err error) int {
	var (
		version *stackstate.VersionError
		connect *stackstate.ConnectError
		answer  *stackstate.Error
		network *url.Error
	)
	if code, ok := plugin.CodeOf(err); ok {
		return code
	}
	if e, ok := errors.AsType[*mint.RememberedError](err); ok && e.Code != 0 {
		return e.Code // the same failure ends the same during the back-off
	}
	switch {
	case errors.Is(err, plugin.ErrNoTerminal):
		return exitUsage
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

// report ends a command on the standard error: its error, in the form that the output has. JSON there is JSON alone, so
// that what else was to be said is part of it.
func (a *app) report(w io.Writer, err error) {
	silent := err == nil || errors.Is(err, plugin.ErrSilent)
	switch {
	case a.json() && (!silent || len(a.notes) > 0):
		report := struct {
			Error   bool     `json:"error,omitempty"`
			Message string   `json:"error-message,omitempty"`
			Hint    string   `json:"hint,omitempty"`
			Notes   []string `json:"notes,omitempty"`
		}{Hint: hint.Of(err), Notes: a.notes}
		if !silent {
			report.Error, report.Message = true, err.Error()
		}
		_ = output.WriteJSON(w, report, "  ") // there is nowhere left to say so
	case silent:
	case errors.Is(err, plugin.ErrInterrupted):
		_, _ = io.WriteString(w, "interrupted\n")
	default:
		hint.Print(w, err)
	}
}
