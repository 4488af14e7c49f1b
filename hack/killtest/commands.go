package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"time"

	"k8s.io/client-go/tools/clientcmd/api"

	"github.com/kubectl-edge/kubectl-edge/pkg/kubeconfig"
)

// entry is a cluster, a context and a user of one name.
type entry struct {
	server string
	ca     []byte
	user   *api.AuthInfo
}

// in reports whether config has the entry under this name, whole and as it is.
func (e *entry) in(config *api.Config, name string) bool {
	cluster, context, user := config.Clusters[name], config.Contexts[name], config.AuthInfos[name]
	if cluster == nil || context == nil || user == nil || context.Cluster != name || context.AuthInfo != name {
		return false
	}
	calls := (user.Exec == nil) == (e.user.Exec == nil) &&
		(user.Exec == nil || user.Exec.Command == e.user.Exec.Command && slices.Equal(user.Exec.Args, e.user.Exec.Args))
	return cluster.Server == e.server && bytes.Equal(cluster.CertificateAuthorityData, e.ca) &&
		user.Token == e.user.Token && calls
}

// absent reports whether config has nothing of this name.
func absent(config *api.Config, name string) bool {
	return config.Clusters[name] == nil && config.Contexts[name] == nil && config.AuthInfos[name] == nil
}

// command is a run of kubectl edge kubeconfig.
type command struct {
	what  string
	args  []string
	names []string // of the entries that it changes, one for each of the instances
	done  string   // starts the lines that report one as written
}

// commandOf returns the command of this name for one of those that run at the same time, which have no entry in common.
func commandOf(what string, slot int) command {
	name := func(kind, id string) string { return fmt.Sprintf("%s-%d-%s", kind, slot, id) }
	var c command
	switch ids := instances(); what {
	case "create":
		c = command{args: []string{"create", "--instance-id", strings.Join(ids, ","), "--context-name",
			name("new", "{{.ID}}")}, done: "Wrote"}
	case "convert":
		c = command{args: []string{"convert"}, done: "Converted"}
	case "remove":
		c = command{args: []string{"remove"}, done: "Removed"}
	}
	c.what = what
	for _, id := range instances() {
		switch what {
		case "create":
			c.names = append(c.names, name("new", id))
		case "convert":
			c.names = append(c.names, name("token", id))
			c.args = append(c.args, "--context", name("token", id))
		case "remove":
			c.names = append(c.names, name("helper", id))
			c.args = append(c.args, name("helper", id))
		}
	}
	return c
}

// extent is how long a command takes, and how often it changes a file in the folders of the kubeconfig.
type extent struct {
	time    time.Duration
	changes int
}

// rehearse runs each command to its end. What create writes makes the base, with the tokens that convert takes out.
func (v *victim) rehearse(ctx context.Context) error {
	v.usual = map[string]extent{}
	for _, what := range []string{"create", "convert", "remove"} {
		c := commandOf(what, 0)
		changes, start := v.watch.total(), time.Now()
		r := v.start(ctx, c, nil, 0)
		r.wait()
		v.usual[what] = extent{time.Since(start), v.watch.total() - changes}
		config, err := v.read()
		if err != nil {
			return err
		}
		if what == "create" {
			if r.err != nil {
				return r.err
			}
			v.makeBase(config)
		}
		if err := r.check(v, config); err != nil {
			return err
		}
		if !r.ended {
			return fmt.Errorf("%s did not end", what)
		}
		if err := v.next(ctx); err != nil {
			return err
		}
	}
	return nil
}

// makeBase makes the base of the entries that create has written.
func (v *victim) makeBase(config *api.Config) {
	v.base = map[string]*entry{}
	for i := range instances() {
		cluster := config.Clusters[commandOf("create", 0).names[i]]
		user := config.AuthInfos[commandOf("create", 0).names[i]]
		withToken := api.NewAuthInfo()
		withToken.Token = v.tokens[i]
		for slot := range 2 {
			v.base[commandOf("remove", slot).names[i]] = &entry{cluster.Server, cluster.CertificateAuthorityData,
				kubeconfig.ExecUser(user.Exec.Args, "hint")}
			v.base[commandOf("convert", slot).names[i]] = &entry{cluster.Server, cluster.CertificateAuthorityData,
				withToken}
		}
	}
}

// killCommands starts commands at the same time, kills each of them at a random point, and checks.
func (v *victim) killCommands(ctx context.Context, n int) error {
	runs, names := make([]*commandRun, n), []string(nil)
	for slot := range runs {
		c := commandOf([]string{"create", "convert", "remove"}[v.IntN(3)], slot)
		names = append(names, c.names...)
		// At any time of the command, or shortly after any change of a file.
		var event <-chan struct{}
		after := time.Duration(v.Float64() * float64(v.usual[c.what].time))
		if changes := v.usual[c.what].changes; changes > 0 && v.IntN(3) > 0 {
			event = v.watch.after(1 + v.IntN(changes))
			after = time.Duration(v.Float64() * v.Float64() * float64(5*time.Millisecond))
		}
		runs[slot] = v.start(ctx, c, event, after)
	}
	for _, r := range runs {
		r.wait()
	}
	v.watch.forget()
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := v.checkFiles(); err != nil {
		return err
	}
	config, err := v.read()
	if err != nil {
		return err
	}
	if err := v.checkBase(config, names); err != nil {
		return err
	}
	for _, r := range runs {
		if r.ended {
			v.totals.ended++
		} else {
			v.totals.killed[r.what]++
		}
		if err := r.check(v, config); err != nil {
			return err
		}
	}
	return v.next(ctx)
}

// commandRun is a command that runs.
type commandRun struct {
	command
	cmd    *exec.Cmd
	stderr bytes.Buffer
	over   chan struct{} // closed when it has ended
	killer sync.WaitGroup
	ended  bool // by itself, and well
	err    error
}

// start starts a command, which is killed some time after the event, or after its start if that is nil. Without a time
// it runs to its end.
func (v *victim) start(ctx context.Context, c command, event <-chan struct{}, after time.Duration) *commandRun {
	r := &commandRun{command: c, over: make(chan struct{})}
	r.cmd = exec.CommandContext(ctx, v.theatre.command, append([]string{"kubeconfig"}, c.args...)...)
	r.cmd.Env, r.cmd.Dir, r.cmd.Stderr = v.env, v.dir, &r.stderr
	if r.err = r.cmd.Start(); r.err != nil || event == nil && after == 0 {
		return r
	}
	r.killer.Go(func() {
		if event != nil {
			select {
			case <-event:
			case <-r.over:
				return
			}
		}
		timer := time.NewTimer(after)
		defer timer.Stop()
		select {
		case <-timer.C:
			_ = r.cmd.Process.Kill() // if it has not ended just now
		case <-r.over:
		}
	})
	return r
}

// wait waits for the end.
func (r *commandRun) wait() {
	if r.err != nil {
		return
	}
	err := r.cmd.Wait()
	close(r.over)
	r.killer.Wait()
	if exit, ok := errors.AsType[*exec.ExitError](err); ok && exit.ExitCode() < 0 {
		return // by a signal
	} else if err != nil {
		r.err = fmt.Errorf("%s: %w: %s", r.what, err, r.stderr.String())
		return
	}
	r.ended = true
}

// check fails if the command failed by itself, if it did half of its work, or less than it had reported.
func (r *commandRun) check(v *victim, config *api.Config) error {
	if r.err != nil {
		return r.err
	}
	before, after := 0, 0
	for i, name := range r.names {
		helper := v.base[commandOf("remove", 0).names[i]]
		switch token := v.base[commandOf("convert", 0).names[i]]; {
		case r.what == "convert" && token.in(config, name), r.what == "remove" && helper.in(config, name),
			r.what == "create" && absent(config, name):
			before++
		case r.what == "remove" && absent(config, name), r.what != "remove" && helper.in(config, name):
			after++
		}
		if reported := r.done + " context " + fmt.Sprintf("%q", name); strings.Contains(r.stderr.String(), reported) &&
			after != i+1 {
			return fmt.Errorf("it said %q, which is not so", reported)
		}
	}
	if n := len(r.names); before != n && after != n || r.ended && after != n {
		return fmt.Errorf("%s (ended: %v): %d entries are as before, %d as after, of %d: %s", r.what, r.ended, before,
			after, n, r.stderr.String())
	}
	return nil
}
