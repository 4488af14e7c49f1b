// Command edge-sandbox runs a STACKIT with an Edge Cloud instance on this machine: for tests, demonstrations, and for
// trying things out.
package main

import (
	"context"
	"errors"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/kubectl-edge/kubectl-edge/pkg/hint"
)

func main() { os.Exit(run()) }

func run() int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	s := streams{In: os.Stdin, Out: os.Stdout, ErrOut: os.Stderr}
	err := newRootCmd(s).ExecuteContext(ctx)
	if status := exitStatus(0); errors.As(err, &status) {
		return int(status)
	}
	if err != nil {
		hint.Print(os.Stderr, err)
		return 1
	}
	return 0
}

// streams are where a command reads from and writes to.
type streams struct {
	In          io.Reader
	Out, ErrOut io.Writer
}

func newRootCmd(s streams) *cobra.Command {
	cmd := &cobra.Command{
		Use:           "edge-sandbox",
		Short:         "A STACKIT with an Edge Cloud instance on this machine",
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	cmd.SetIn(s.In)
	cmd.SetOut(s.Out)
	cmd.SetErr(s.ErrOut)
	cmd.AddCommand(newUpCmd(s), newStatsCmd(s), newFaultCmd(s), newInstanceCmd(), newKeysCmd(), newClockCmd(s), newSettingsCmd(s))
	return cmd
}
