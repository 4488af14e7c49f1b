package sts

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"golang.org/x/term"

	"github.com/kubectl-edge/kubectl-edge/pkg/atomicfile"
	"github.com/kubectl-edge/kubectl-edge/pkg/interrupt"
	"github.com/kubectl-edge/kubectl-edge/pkg/ttymode"
)

// What is read is bounded, in bytes: a file may be a pipe or a device without an end.
const (
	maxToken = 1 << 20
	maxCA    = 16 << 20
	maxBody  = 64 << 20
)

// readInput reads a file that a person names. One that says nothing, such as a pipe, is waited for until ctx ends.
func readInput(ctx context.Context, path string, limit int64) ([]byte, error) {
	data, err := interrupt.Read(ctx, func() ([]byte, error) {
		data, _, err := atomicfile.ReadInput(path, limit)
		return data, err
	})
	if err != nil {
		err = &fs.PathError{Op: "open", Path: path, Err: err}
	}
	return data, err
}

// readIn reads stdin.
func (a *app) readIn(ctx context.Context, limit int64) ([]byte, error) {
	return interrupt.Read(ctx, func() ([]byte, error) { return atomicfile.ReadLimited(a.In, limit) })
}

// readStdin takes a token from stdin, which can be read only once.
func (a *app) readStdin(ctx context.Context, src *source) error {
	if !src.Stdin {
		return nil
	}
	data, err := a.readIn(ctx, maxToken)
	if err != nil {
		return withCode(exitRead, fmt.Errorf("read the token from stdin: %w", err))
	}
	src.Token, src.Stdin = string(bytes.TrimSpace(data)), false
	return nil
}

// promptToken asks a person on the terminal for a token, which is not shown.
func (a *app) promptToken(ctx context.Context, prompt string) (string, error) {
	defer ttymode.Prompt(a.In)()
	fd := int(a.In.(*os.File).Fd())
	state, err := term.GetState(fd)
	if err != nil {
		return "", withCode(exitRead, fmt.Errorf("read the token: %w", err))
	}
	fmt.Fprint(a.ErrOut, prompt)
	data, err := interrupt.Read(ctx, func() ([]byte, error) { return term.ReadPassword(fd) })
	fmt.Fprintln(a.ErrOut)
	if err != nil {
		return "", withCode(exitRead, errors.Join(fmt.Errorf("read the token: %w", err), term.Restore(fd, state)))
	}
	return strings.TrimSpace(strings.ReplaceAll(string(data), "\x1a", "")), nil // Ctrl-Z is no key here
}
