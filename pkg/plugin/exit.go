package plugin

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/kubectl-edge/kubectl-edge/pkg/filelock"
	"github.com/kubectl-edge/kubectl-edge/pkg/hint"
)

// Exit codes that both plugins have.
const (
	ExitOK          = 0
	ExitInterrupted = 130 // Ctrl-C, as shells have it
	// ExitClosedPipe is the code after kubectl edge … | head. It is what a shell reports of kubectl itself, which
	// SIGPIPE ends; the plugins catch that signal, because a token that was minted for one request has still to be
	// deleted.
	ExitClosedPipe = 141
)

// Tree is the command tree of a plugin, and how it ends.
type Tree struct {
	Command *cobra.Command
	// Code is the exit code of an error; CodeOf knows what WithCode gave it.
	Code func(error) int
	// Report ends the command on the standard error, with its error or nil; without it errors go through hint.Print.
	Report func(io.Writer, error)
	// Next, where it is there, is the next step after an error that has none, or "".
	Next func(error) string
}

// ErrInterrupted is the error of a command that a signal ended.
var ErrInterrupted = errors.New("interrupted")

// coded is an error with an exit code.
type coded struct {
	error
	code int
}

func (c coded) Unwrap() error { return c.error }

// WithCode gives err an exit code; a nil err stays nil.
func WithCode(code int, err error) error {
	if err == nil {
		return nil
	}
	return coded{err, code}
}

// CodeOf returns the exit code that WithCode gave to err, the outermost one, and whether there is one.
func CodeOf(err error) (int, bool) {
	c, ok := errors.AsType[coded](err)
	return c.code, ok
}

// ErrSilent ends a command that has said all there is to say; WithCode gives it its exit code.
var ErrSilent = errors.New("the command failed")

// Run runs a tree with args, which do not include the program's name, prints its error and returns the exit code.
// Output that could not be written is an error whichever command wrote it, help and completions included.
func Run(ctx context.Context, p Process, t Tree, args []string) int {
	t.Command.SetArgs(levelsAsKubectl(t.Command, args))
	ctx = context.WithValue(ctx, typedKey{}, args)
	ctx = filelock.WithNotices(ctx, filelock.Notices{
		NoLocks: p.Warn,
		Wait:    func(lock string) func() { return p.Slow("another process, which holds " + hint.Path(lock)) },
	})
	err := t.Command.ExecuteContext(ctx)
	interrupted := ctx.Err() != nil && errors.Is(err, context.Canceled)
	unwritten := p.finish()
	switch {
	case unwritten == nil && err == nil:
		if t.Report != nil {
			t.Report(p.ErrOut, nil)
		}
		return ExitOK
	case interrupted && t.Report == nil:
		if rewrites(p.ErrOut, p.Getenv) { // in place of the ^C
			_, _ = io.WriteString(below(p.ErrOut), clearLine)
		}
		fmt.Fprintln(p.ErrOut, "interrupted")
		return ExitInterrupted
	case interrupted:
		t.Report(p.ErrOut, ErrInterrupted)
		return ExitInterrupted
	case unwritten != nil && (err == nil || errors.Is(err, unwritten) && hint.Of(err) == ""):
		if closedPipe(unwritten) {
			return ExitClosedPipe
		}
		err = fmt.Errorf("write the output: %w", unwritten)
	case unwritten != nil && !closedPipe(unwritten) && !errors.Is(err, unwritten):
		err = errors.Join(err, fmt.Errorf("write the output: %w", unwritten))
	}
	code := t.Code(err)
	if t.Next != nil && !errors.Is(err, ErrSilent) && hint.Of(err) == "" {
		if next := t.Next(err); next != "" {
			err = hint.Wrap(err, "%s", next)
		}
	}
	switch {
	case errors.Is(err, ErrSilent) && t.Report == nil:
	case t.Report != nil:
		t.Report(p.ErrOut, err)
	default:
		hint.Print(p.ErrOut, err)
	}
	return code
}

// Unwritten is the first error of the standard output so far, or nil. Others may be writing meanwhile.
func (p Process) Unwritten() error {
	if s, ok := p.Out.(*Stream); ok {
		return s.failed()
	}
	return nil
}

// finish is Unwritten when nobody writes any more.
func (p Process) finish() error {
	if s, ok := p.Out.(*Stream); ok {
		return s.finish()
	}
	return nil
}
