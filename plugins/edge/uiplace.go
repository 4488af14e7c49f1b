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

// clipboardTime is how long a clipboard may take to show what is on it: the program that holds it may have stopped.
const clipboardTime = 3 * time.Second

// noDisplay is what the programs of a clipboard say where they have no screen to talk to, such as over SSH: xclip and
// xsel "Can't open display", wl-paste "Failed to connect to a Wayland server". An empty clipboard is an error, too, but
// another one.
var noDisplay = regexp.MustCompile(`(?i)display|connect`)

// clipboardProblem is why there is no clipboard that can be used, or nil. It is asked before a token is minted for it.
func clipboardProblem(ctx context.Context) error {
	if clipboard.Unsupported {
		return errors.New("this machine has no clipboard that can be used")
	}
	limited, cancel := context.WithTimeout(ctx, clipboardTime)
	defer cancel()
	_, err := interrupt.Read(limited, clipboard.ReadAll)
	exit, failed := errors.AsType[*exec.ExitError](err)
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case limited.Err() != nil:
		return errors.New("the clipboard does not answer")
	case failed && noDisplay.Match(exit.Stderr):
		return errors.New("there is no screen here whose clipboard could be used")
	}
	return nil
}
