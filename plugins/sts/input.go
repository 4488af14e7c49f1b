package sts

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/term"

	"github.com/kubectl-edge/kubectl-edge/pkg/interrupt"
)

// maxToken bounds what is read as a token, in bytes.
const maxToken = 1 << 20

// readStdin takes a token from stdin, which can be read only once.
func (a *app) readStdin(ctx context.Context, src *source) error {
	if !src.Stdin {
		return nil
	}
	data, err := interrupt.Read(ctx, func() ([]byte, error) { return io.ReadAll(io.LimitReader(a.In, maxToken)) })
	if err != nil {
		return withCode(exitRead, fmt.Errorf("read the token from stdin: %w", err))
	}
	src.Token, src.Stdin = string(bytes.TrimSpace(data)), false
	return nil
}

// promptToken asks a person on the terminal for a token, which is not shown.
func (a *app) promptToken(ctx context.Context, prompt string) (string, error) {
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
	return strings.TrimSpace(string(data)), nil
}
