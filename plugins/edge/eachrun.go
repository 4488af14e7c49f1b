package edge

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"

	"github.com/kubectl-edge/kubectl-edge/pkg/kubeconfig"
	"github.com/kubectl-edge/kubectl-edge/pkg/output"
	"github.com/kubectl-edge/kubectl-edge/pkg/plugin"
)

// eachStreams are where a command's output goes; nil keeps it.
type eachStreams struct{ out, errOut *lineStream }

// runKubectl runs one command until it ends. When ctx does, it is interrupted as by Ctrl-C, and killed if that is in
// vain.
func runKubectl(ctx context.Context, kubectl string, args []string, input []byte, streams eachStreams) (r eachRun) {
	child := plugin.Child{Args: append([]string{kubectl}, args...), Out: &r.stdout, ErrOut: &r.stderr}
	if input != nil {
		child.In = bytes.NewReader(input)
	}
	if streams.out != nil {
		child.Out, child.ErrOut = streams.out, streams.errOut
		defer streams.out.flush()
		defer streams.errOut.flush()
	}
	if r.code, r.err = child.Run(ctx); r.err != nil {
		r.code = exitError
	}
	return r
}

// lineWriter lets several streams share one writer, line by line.
type lineWriter struct {
	mu  sync.Mutex
	out io.Writer
}

func newLineWriter(out io.Writer) *lineWriter { return &lineWriter{out: out} }

func (w *lineWriter) stream(label string) *lineStream { return &lineStream{w: w, label: label} }

// lineStream is one of them, which puts its label before each line.
type lineStream struct {
	w     *lineWriter
	label string
	rest  []byte // of a line that has not ended
}

// maxLine is the longest line that is kept together.
const maxLine = 1 << 20

func (s *lineStream) Write(data []byte) (int, error) {
	s.rest = append(s.rest, data...)
	end := bytes.LastIndexByte(s.rest, '\n') + 1
	if end == 0 && len(s.rest) < maxLine {
		return len(data), nil
	} else if end == 0 {
		end = len(s.rest)
	}
	err := s.print(s.rest[:end])
	s.rest = append(s.rest[:0], s.rest[end:]...)
	return len(data), err
}

// flush prints a last line that had no end.
func (s *lineStream) flush() {
	if len(s.rest) > 0 {
		_ = s.print(s.rest)
		s.rest = nil
	}
}

func (s *lineStream) print(lines []byte) error {
	var labelled bytes.Buffer
	for line := range bytes.Lines(lines) {
		labelled.WriteString(s.label)
		labelled.Write(plugin.Printable(line)) // kubectl prints what is in a cluster as it is
	}
	if !bytes.HasSuffix(lines, []byte("\n")) {
		labelled.WriteByte('\n')
	}
	s.w.mu.Lock()
	defer s.w.mu.Unlock()
	_, err := s.w.out.Write(labelled.Bytes())
	return err
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
