package edge

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/kubectl-edge/kubectl-edge/pkg/clusteraccess"
	"github.com/kubectl-edge/kubectl-edge/pkg/plugin"
)

// What an edge cluster's administrator has is used by processes of their own, which end before anything else is done:
// see clusteraccess.Job for why. Each reads what it is to do as JSON, and answers in JSON.

const (
	workCommand      = "cluster-work"
	talosWorkCommand = "talos-work"
)

// errKilled is that somebody, or the system for want of memory, ended the process of the administrator's credential.
var errKilled = errors.New("the process that does it was killed")

// work has a process of its own do the job.
func (a *app) work(ctx context.Context, job clusteraccess.Job) (outcome clusteraccess.Outcome, err error) {
	err = a.inChild(ctx, workCommand, job, &outcome)
	if err != nil && !errors.Is(err, plugin.ErrSilent) {
		err = fmt.Errorf("ask edge cluster %q: %w", job.Cluster.Cluster, err)
	}
	return outcome, err
}

// inChild has a process of its own do the job that one of the hidden commands is for. What it writes on stderr is seen.
func (a *app) inChild(ctx context.Context, command string, job, outcome any) error {
	input, err := json.Marshal(job)
	if err != nil {
		return err
	}
	program, err := os.Executable()
	if err != nil {
		return err
	}
	var out bytes.Buffer
	child := plugin.Child{Args: []string{program, command}, In: bytes.NewReader(input), Out: &out,
		ErrOut: plugin.Raw(a.ErrOut)}
	code, err := child.Run(ctx)
	switch {
	case err != nil:
		return fmt.Errorf("start %s: %w", program, err)
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case code > 128:
		return fmt.Errorf("%w (exit code %d)", errKilled, code)
	case code != 0:
		return plugin.WithCode(code, plugin.ErrSilent) // it has said why
	}
	return json.Unmarshal(out.Bytes(), outcome)
}

// newWorkCmd is a command that work or inChild starts.
func newWorkCmd(a *app, command string, do func(ctx context.Context, in io.Reader, out io.Writer) error,
) *cobra.Command {
	return &cobra.Command{
		Use:    command,
		Short:  "Use the administrator's credential of an edge cluster for kubectl edge",
		Hidden: true,
		Args:   cobra.NoArgs,
		// Whose the folders are does not matter here: none is used.
		PersistentPreRunE: func(*cobra.Command, []string) error { return nil },
		RunE: func(cmd *cobra.Command, _ []string) error {
			keepOutOfDumps()
			return do(cmd.Context(), a.In, a.Out)
		},
	}
}
