package edge

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/kubectl-edge/kubectl-edge/pkg/kubeconfig"
	"github.com/kubectl-edge/kubectl-edge/pkg/output"
	"github.com/kubectl-edge/kubectl-edge/pkg/plugin"
)

// eachStreams are where a command's output goes; nil keeps it.
type eachStreams struct{ out, errOut *plugin.LineStream }

// runKubectl runs one command until it ends. When ctx does, it is interrupted as by Ctrl-C, and killed if that is in
// vain.
func runKubectl(ctx context.Context, kubectl string, args []string, input []byte, streams eachStreams) (r eachRun) {
	child := plugin.Child{Args: append([]string{kubectl}, args...), Out: &r.stdout, ErrOut: &r.stderr}
	if input != nil {
		child.In = bytes.NewReader(input)
	}
	if streams.out != nil {
		child.Out, child.ErrOut = streams.out, streams.errOut
		defer streams.out.Flush()
		defer streams.errOut.Flush()
	}
	if r.code, r.err = child.Run(ctx); r.err != nil {
		r.code = exitError
	}
	return r
}

// eachResult is an item of -o json.
type eachResult struct {
	Context    string          `json:"context"`
	InstanceID string          `json:"instanceId"`
	ProjectID  string          `json:"projectId"`
	Region     string          `json:"region"`
	ExitCode   int             `json:"exitCode"`
	Result     json.RawMessage `json:"result,omitempty"`
	Error      string          `json:"error,omitempty"`
}

func (o *eachOptions) printMerged(contexts []kubeconfig.EdgeContext, runs []eachRun) error {
	items := []eachResult{}
	for i, c := range contexts {
		r := &runs[i]
		item := eachResult{Context: c.Name, InstanceID: c.Request.InstanceID, ProjectID: c.Request.ProjectID,
			Region: c.Request.Region, ExitCode: r.code}
		switch {
		case r.err != nil:
			item.Error = r.err.Error()
		case r.code != 0:
			item.Error = strings.TrimSpace(r.stderr.String())
		case r.stdout.Len() == 0:
		case !json.Valid(r.stdout.Bytes()):
			r.err = errors.New("what kubectl printed is not JSON")
			r.code, item.ExitCode, item.Error = exitError, exitError, r.err.Error()
		default:
			item.Result = r.stdout.Bytes()
		}
		items = append(items, item)
	}
	data, err := json.MarshalIndent(struct {
		APIVersion string       `json:"apiVersion"`
		Kind       string       `json:"kind"`
		Items      []eachResult `json:"items"`
	}{"kubectl-edge/v1", "EachResultList", items}, "", "    ")
	if err != nil {
		return fmt.Errorf("print results: %w", err)
	}
	_, err = fmt.Fprintf(o.Out, "%s\n", output.EscapeJSON(data))
	return err
}
