package edge

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"unicode/utf8"

	"k8s.io/client-go/tools/clientcmd/api"

	"github.com/kubectl-edge/kubectl-edge/pkg/fleet"
	"github.com/kubectl-edge/kubectl-edge/pkg/hint"
	"github.com/kubectl-edge/kubectl-edge/pkg/kubeconfig"
	"github.com/kubectl-edge/kubectl-edge/pkg/plugin"
)

// eachRun is one command for many contexts, however they are asked.
type eachRun struct {
	*eachOptions
	config   *api.Config
	contexts []kubeconfig.EdgeContext
	merging  merging
	watched  *fleet.Documents // what a watch prints as documents, or nil
	names    []fleet.Name     // of each context
	ends     []eachEnd        // of each context
}

// eachEnd is how the command ended for one context.
type eachEnd struct {
	code           int
	err            error // it could not be run
	ended          bool  // by itself, or because its time was over
	left           bool  // it was not begun, since another one failed
	missing        bool  // there was no answer before Ctrl-C
	stdout, stderr bytes.Buffer
}

// everywhere does work for all contexts, at most limit at once, with the time that each may take, and stops to begin
// where the flags say so.
func (r *eachRun) everywhere(ctx context.Context, limit int, work func(ctx context.Context, i int)) error {
	if r.parallel > 0 {
		limit = r.parallel
	}
	var failed atomic.Bool
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	_, err := plugin.Several(ctx, limit, r.contexts, func(i int, _ kubeconfig.EdgeContext) error {
		if r.failFast && failed.Load() {
			r.ends[i].left = true
			return nil
		}
		ctx := ctx // each has a time of its own
		if r.timeout > 0 {
			var cancel context.CancelFunc
			ctx, cancel = context.WithTimeoutCause(ctx, r.timeout, fleet.TimeoutError{After: r.timeout.String()})
			defer cancel()
		}
		work(ctx, i)
		// What an interrupt has ended says nothing about its context.
		r.ends[i].ended = r.ends[i].ended || r.ends[i].code == 0 || !errors.Is(ctx.Err(), context.Canceled)
		if r.Unwritten() != nil { // nobody reads what the others would have to say
			stop()
		}
		if r.ends[i].code != 0 {
			failed.Store(true)
		}
		return nil // the errors are in ends
	})
	if r.Unwritten() != nil {
		return nil
	}
	for i := range r.ends {
		r.ends[i].missing = err != nil && !r.ends[i].left && !r.ends[i].ended
	}
	return err
}

// eachStreams are where the output of one context goes.
type eachStreams struct{ out, errOut *plugin.LineStream }

func (s eachStreams) flush() {
	s.out.Flush()
	s.errOut.Flush()
}

// streams label the lines of each context with the name of its cluster.
func (r *eachRun) streams() []eachStreams {
	names, width := make([]string, len(r.contexts)), 0
	for i, name := range r.names {
		names[i] = hint.Printable(name.String())
		width = max(width, utf8.RuneCountInString(names[i]))
	}
	out, errOut := plugin.NewLineWriter(plugin.Raw(r.Out)), plugin.NewLineWriter(plugin.Raw(r.ErrOut))
	var streams []eachStreams
	outPen, errPen := r.Pen(r.Out), r.Pen(r.ErrOut)
	for i, name := range names {
		label := fmt.Sprintf("%-*s | ", width, name)
		streams = append(streams, eachStreams{out.Stream(outPen.Label(i, label)),
			errOut.Stream(errPen.Label(i, label))})
	}
	return streams
}
