// Package edgesandbox is the command tree of edge-sandbox: a STACKIT with an Edge Cloud instance on this machine, for
// tests, demonstrations, and for trying things out.
package edgesandbox

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"
	"k8s.io/cli-runtime/pkg/genericiooptions"

	"github.com/kubectl-edge/kubectl-edge/pkg/buildinfo"
	"github.com/kubectl-edge/kubectl-edge/pkg/hint"
	"github.com/kubectl-edge/kubectl-edge/pkg/plugin"
	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox/control"
)

// Run runs this build of edge-sandbox with the arguments of its process, and returns the exit code.
func Run(build buildinfo.Info) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	err := Root(build, os.Stdin, os.Stdout, os.Stderr).ExecuteContext(ctx)
	if status := exitStatus(0); errors.As(err, &status) {
		return int(status)
	}
	if err != nil {
		hint.Print(os.Stderr, err)
		return 1
	}
	return 0
}

// interrupted is the exit status of what SIGINT ended, as shells give it.
const interrupted = 128 + int(syscall.SIGINT)

// exitStatus ends this program with the exit status of the command that it ran. The command has said why itself.
type exitStatus int

func (s exitStatus) Error() string { return fmt.Sprintf("exit status %d", int(s)) }

// call asks the sandbox of the environment: see control.Client.Call.
func call(ctx context.Context, method, path string, in, out any) error {
	client, err := control.New(os.Getenv)
	if err != nil {
		return err
	}
	return client.Call(ctx, method, path, in, out)
}

// get returns what the sandbox of the environment answers to a GET, as it is.
func get(ctx context.Context, path string) ([]byte, error) {
	client, err := control.New(os.Getenv)
	if err != nil {
		return nil, err
	}
	return client.Get(ctx, path)
}

// show prints what the sandbox answers to a GET.
func show(ctx context.Context, s streams, path string) error {
	var answer json.RawMessage
	if err := call(ctx, http.MethodGet, path, nil, &answer); err != nil {
		return err
	}
	return printJSON(s, answer)
}

// streams are where a command reads from and writes to.
type streams struct {
	In          io.Reader
	Out, ErrOut io.Writer
}

// Root is the command tree of edge-sandbox, which reads from and writes to these.
func Root(build buildinfo.Info, in io.Reader, out, errOut io.Writer) *cobra.Command {
	s := streams{In: in, Out: out, ErrOut: errOut}
	cmd := &cobra.Command{
		Use:   "edge-sandbox",
		Short: "A STACKIT with an Edge Cloud instance on this machine",
	}
	cmd.AddCommand(newUpCmd(s), newStatsCmd(s), newFaultCmd(s), newInstanceCmd(s), newClusterCmd(s), newProjectCmd(s),
		newAccountCmd(s), newKeysCmd(s), newClockCmd(s), newSettingsCmd(s), newReadyCmd(s), newOperationsCmd(s),
		newDoctorCmd(s),
		newCACmd(s), newVersionCmd(s, build))
	p := plugin.Process{
		IOStreams: genericiooptions.IOStreams{In: in, Out: out, ErrOut: errOut}, Getenv: os.Getenv, Build: build,
	}
	completeValues(cmd)
	plugin.Prepare(cmd, p, "edge-sandbox", usage, func(err error) bool {
		_, marked := plugin.CodeOf(err)
		return marked
	})
	return cmd
}

// usage marks an error in how a command was called.
func usage(err error) error { return plugin.WithCode(1, err) }

// jsonOrTable refuses other output formats.
func jsonOrTable(format string) error {
	if format == "" || format == "json" {
		return nil
	}
	return usage(hint.Among(fmt.Errorf("output format %q: want json, or nothing for a table", format), "-o ", format,
		[]string{"json"}))
}
