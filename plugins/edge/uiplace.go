package edge

import (
	"context"
	"errors"
	"os/exec"
	"regexp"
	"time"

	"github.com/atotto/clipboard"

	"github.com/kubectl-edge/kubectl-edge/pkg/interrupt"
)

// clipboardAccess is how a clipboard is read and written.
type clipboardAccess struct {
	read  func() (string, error)
	write func(text string) error
}

func systemClipboard() clipboardAccess { return clipboardAccess{clipboard.ReadAll, clipboard.WriteAll} }

// clipboardTime is how long a clipboard may take to show what is on it: the program that holds it may have stopped.
const clipboardTime = 3 * time.Second

// noDisplay is what the programs of a clipboard say where they have no screen to talk to, such as over SSH: xclip and
// xsel "Can't open display", wl-paste "Failed to connect to a Wayland server". An empty clipboard is an error, too, but
// another one.
var noDisplay = regexp.MustCompile(`(?i)display|connect`)

// clipboardProblem is why there is no clipboard that can be used, or nil. It is asked before a token is minted for it.
func (a *app) clipboardProblem(ctx context.Context, c clipboardAccess) error {
	if clipboard.Unsupported {
		return errors.New("this machine has no clipboard that can be used")
	}
	_, err := a.atClipboard(ctx, c.read)
	exit, failed := errors.AsType[*exec.ExitError](err)
	switch {
	case errors.Is(err, context.Canceled), errors.Is(err, errSilentClipboard):
		return err
	case failed && noDisplay.Match(exit.Stderr):
		return errors.New("there is no screen here whose clipboard could be used")
	}
	return nil
}

// errSilentClipboard is that the program that holds the clipboard, or the one that reads it, has stopped.
var errSilentClipboard = errors.New("the clipboard does not answer")

// atClipboard uses the clipboard for as long as that may take.
func (a *app) atClipboard(ctx context.Context, use func() (string, error)) (string, error) {
	defer a.Slow("the clipboard")()
	ctx, cancel := context.WithTimeoutCause(ctx, clipboardTime, errSilentClipboard)
	defer cancel()
	return interrupt.Read(ctx, use)
}
