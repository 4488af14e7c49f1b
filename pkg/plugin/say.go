package plugin

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

// ErrDeclined ends a command that a person did not want to go on.
var ErrDeclined = errors.New("nothing was changed")

// ErrNoTerminal is the error of a question that nobody can be asked.
var ErrNoTerminal = errors.New("there is no terminal to confirm this on")

// Note says something to a person that is not the result, on the standard error.
func (p Process) Note(format string, args ...any) {
	fmt.Fprintln(p.ErrOut, hint.PrintableLines(fmt.Sprintf(format, args...)))
}

// Warn is Note for what a person should look at although the command goes on.
func (p Process) Warn(format string, args ...any) { p.Note("warning: "+format, args...) }

// WarnOf is Warn for an error, with its next step.
func (p Process) WarnOf(err error) {
	p.Warn("%v", err)
	if next := hint.Of(err); next != "" {
		p.Note("hint: %s", next)
	}
}

// Ask asks a person on the terminal; only y or yes is yes. Without a terminal the error is ErrNoTerminal.
func (p Process) Ask(ctx context.Context, question string) (bool, error) {
	answer, err := p.Answer(ctx, question+" [y/N]")
	answer = strings.ToLower(answer)
	return answer == "y" || answer == "yes", err
}

// Answer is what a person types on the terminal, "" if they end the input instead. Without one the error is
// ErrNoTerminal.
func (p Process) Answer(ctx context.Context, question string) (string, error) {
	if !Terminal(p.In) {
		return "", ErrNoTerminal
	}
	fmt.Fprintf(p.ErrOut, "%s ", hint.PrintableLines(question))
	answer, err := interrupt.Read(ctx, func() (string, error) { return bufio.NewReader(p.In).ReadString('\n') })
	switch {
	case ctx.Err() != nil:
		fmt.Fprintln(p.ErrOut)
		return "", ctx.Err()
	case err != nil && !errors.Is(err, io.EOF):
		return "", fmt.Errorf("read the answer: %w", err)
	case err != nil: // Ctrl-D leaves the cursor behind the question
		fmt.Fprintln(p.ErrOut)
	}
	return strings.TrimSpace(answer), nil
}

// Confirm asks whether to go on, unless yes says that nobody need be asked. The error is ErrDeclined, ErrNoTerminal
// with a hint, or that of the read.
func (p Process) Confirm(ctx context.Context, yes bool, question string) error {
	return confirm(yes, func() (bool, error) { return p.Ask(ctx, question) })
}

// ConfirmTyped is Confirm for what nobody should agree to by habit: a person has to type the word.
func (p Process) ConfirmTyped(ctx context.Context, yes bool, word string) error {
	return confirm(yes, func() (bool, error) {
		answer, err := p.Answer(ctx, fmt.Sprintf("Type %q to go on:", word))
		return answer == word, err
	})
}

func confirm(yes bool, ask func() (bool, error)) error {
	if yes {
		return nil
	}
	agreed, err := ask()
	if errors.Is(err, ErrNoTerminal) {
		return hint.Wrap(err, "add --yes to do it without being asked")
	}
	if err == nil && !agreed {
		err = ErrDeclined
	}
	return err
}
