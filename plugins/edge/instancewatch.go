package edge

import (
	"context"
	"encoding/json"
	"maps"
	"slices"
	"time"

	"github.com/kubectl-edge/kubectl-edge/pkg/output"
	"github.com/kubectl-edge/kubectl-edge/pkg/plugin"
	"github.com/kubectl-edge/kubectl-edge/pkg/stackit"
)

// The API has no watch: instances are asked for again, those of all projects less often, as that is a request each.
const (
	watchPause    = 2 * time.Second
	watchAllPause = 10 * time.Second
)

// statusDeleted is what --watch prints of an instance that is gone. The API has no such state.
const statusDeleted = "deleted"

// follow prints what was found, and then each instance that is new or other than before, until the context ends.
func (o *instanceListOptions) follow(ctx context.Context, found foundInstances,
	find func(context.Context) (foundInstances, error)) error {
	pause := watchPause
	if o.allProjects {
		pause = watchAllPause
	}
	listed := o.chosen(found.listed)
	stream := output.NewStream(o.Out, o.out, found.withCurrent(listed))
	changes := instanceChanges{}
	failing := false
	for {
		changed, err := changes.of(listed, len(found.failed) > 0)
		if err != nil {
			return err
		}
		if err := stream.Print(changed); err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return errWatchEnded()
		case <-time.After(pause):
		}
		again, err := find(ctx)
		switch {
		case ctx.Err() != nil:
			return errWatchEnded()
		case err != nil && !stackit.Transient(err):
			return err
		case err != nil: // a laptop slept, a gateway restarts: what is to be seen comes later
			if !failing {
				o.Warn("%v; asking again", err)
			}
			failing = true
			continue
		}
		if !slices.Equal(again.failed, found.failed) {
			o.Report(again.errs, o.verbose)
		}
		found, failing = again, false
		listed = o.chosen(found.listed)
	}
}

// errWatchEnded ends a watch as kubectl's is ended by Ctrl-C: without a word.
func errWatchEnded() error { return plugin.WithCode(plugin.ExitInterrupted, plugin.ErrSilent) }

// instanceChanges knows the instances as they were printed, in JSON.
type instanceChanges map[string]knownInstance

type knownInstance struct {
	listed listedInstance
	text   string
}

// of returns the instances that are new or other than before, and those that are gone. Where a part could not be asked,
// what is not there is not gone.
func (c instanceChanges) of(listed []listedInstance, incomplete bool) (changed []listedInstance, err error) {
	there := map[string]bool{}
	for _, l := range listed {
		text, err := json.Marshal(l)
		if err != nil {
			return nil, err
		}
		key := l.projectID + "/" + l.Id
		there[key] = true
		if c[key].text != string(text) {
			changed = append(changed, l)
		}
		c[key] = knownInstance{l, string(text)}
	}
	if incomplete {
		return changed, nil
	}
	for _, key := range slices.Sorted(maps.Keys(c)) {
		if known := c[key]; !there[key] {
			delete(c, key)
			known.listed.Status = statusDeleted
			changed = append(changed, known.listed)
		}
	}
	return changed, nil
}
