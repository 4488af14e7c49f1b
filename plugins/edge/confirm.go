package edge

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/kubectl-edge/kubectl-edge/pkg/hint"
	"github.com/kubectl-edge/kubectl-edge/pkg/interrupt"
)

// errDeclined ends a command that a person did not want to go on.
var errDeclined = errors.New("nothing was changed")

// confirm asks a person on the terminal, unless yes says that nobody need be asked. Without a terminal there is nobody to
// ask, and the answer is no.
func (a *app) confirm(ctx context.Context, yes bool, question string) error {
	if yes {
		return nil
	}
	if !terminal(a.In) {
		return usageError{hint.Wrap(errors.New("there is no terminal to confirm this on"), "add --yes to do it without being asked")}
	}
	fmt.Fprintf(a.ErrOut, "%s [y/N] ", question)
	answer, err := interrupt.Read(ctx, func() (string, error) { return bufio.NewReader(a.In).ReadString('\n') })
	switch {
	case ctx.Err() != nil:
		fmt.Fprintln(a.ErrOut)
		return ctx.Err()
	case err != nil && !errors.Is(err, io.EOF):
		return fmt.Errorf("read the answer: %w", err)
	}
	switch strings.ToLower(strings.TrimSpace(answer)) {
	case "y", "yes":
		return nil
	}
	return errDeclined
}
