package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"os/exec"
	"strings"
	"sync"
	"time"

	"k8s.io/client-go/tools/clientcmd/api"
)

// editor is a process that edits until it is killed.
type editor struct {
	command *exec.Cmd
	output  *bufio.Scanner
	stderr  bytes.Buffer
	written map[string]string // what was last done with a name
	pending string            // the name of an edit that had begun and not ended
	ended   int
	failed  error
}

// killEditors starts editors that edit the file at the same time, kills each of them at a random point, and checks.
func (v *victim) killEditors(ctx context.Context, n int) error {
	editors := make([]*editor, n)
	for i := range editors {
		v.serial++
		e, err := v.startEditor(ctx, fmt.Sprintf("e%d", v.serial))
		if err != nil {
			return err
		}
		editors[i] = e
	}
	var wait sync.WaitGroup
	for _, e := range editors {
		begins := 1 + v.IntN(4)
		after := time.Duration(v.Float64() * v.Float64() * float64(40*time.Millisecond))
		wait.Go(func() { e.killAfter(begins, after) })
	}
	wait.Wait()
	v.totals.editors += n
	if err := v.checkFiles(); err != nil {
		return err
	}
	config, err := v.read()
	if err != nil {
		return err
	}
	if err := v.checkBase(config, nil); err != nil {
		return err
	}
	for _, e := range editors {
		if e.failed != nil {
			return e.failed
		}
		v.totals.edits += e.ended
		if err := e.check(config); err != nil {
			return err
		}
	}
	return v.next(ctx)
}

// check fails if config lacks something that e said it had written.
func (e *editor) check(config *api.Config) error {
	if name := e.pending; name != "" && !absent(config, name) &&
		(config.Contexts[name] == nil || config.Clusters[name] == nil || config.AuthInfos[name] == nil) {
		return fmt.Errorf("entry %s is there in part", name)
	}
	for name, state := range e.written {
		if e.pending == name {
			continue // either way is right
		}
		user := config.AuthInfos[name]
		there := config.Contexts[name] != nil && config.Clusters[name] != nil && user != nil
		switch {
		case state == "remove" && (config.Contexts[name] != nil || config.Clusters[name] != nil || user != nil):
			return fmt.Errorf("entry %s was removed and is there", name)
		case state != "remove" && !there:
			return fmt.Errorf("entry %s was written and is lost", name)
		case state == "convert" && (user.Token != "" || user.Exec == nil):
			return fmt.Errorf("entry %s was converted and is not", name)
		}
	}
	return nil
}

func (v *victim) startEditor(ctx context.Context, prefix string) (*editor, error) {
	e := &editor{written: map[string]string{}}
	e.command = exec.CommandContext(ctx, v.self, "-edit", v.path, "-prefix", prefix)
	e.command.Stderr = &e.stderr
	out, err := e.command.StdoutPipe()
	if err != nil {
		return nil, err
	}
	e.output = bufio.NewScanner(out)
	return e, e.command.Start()
}

// killAfter kills the editor some time after it has begun the given number of edits, and reads what it had said by
// then.
func (e *editor) killAfter(begins int, after time.Duration) {
	for e.output.Scan() {
		verb, rest, _ := strings.Cut(e.output.Text(), " ")
		what, name, _ := strings.Cut(rest, " ")
		if verb == "end" {
			e.written[name], e.pending = what, ""
			e.ended++
			continue
		}
		e.pending = name
		if begins--; begins == 0 {
			time.AfterFunc(after, func() { e.command.Process.Kill() })
		}
	}
	if err := e.command.Wait(); err == nil || begins > 0 || e.stderr.Len() > 0 {
		e.failed = fmt.Errorf("an editor ended by itself: %v: %s", err, e.stderr.String())
	}
}
