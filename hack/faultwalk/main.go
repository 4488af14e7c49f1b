// Command faultwalk walks the file system calls of all commands that write, and lets one after the other fail: the
// process is killed there, or the call returns an error, as on a full disk, a broken one, one of somebody else or one
// that knows no locks. After each run it checks that all files parse, that nothing of others is lost, that no secret
// lies outside its places, that no success was claimed for what is not done, and that the next run of the same command
// succeeds and sweeps what was left, or says why not.
//
//	go run ./hack/faultwalk                           # everything; it takes an hour
//	go run ./hack/faultwalk -faults kill,ENOSPC       # as in make test
//	go run ./hack/faultwalk -run 'kubeconfig create'  # an operation, one of its calls, or one fault of a call
//	go run ./hack/faultwalk -list                     # the operations and their calls
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"strings"
)

func main() { os.Exit(run()) }

func run() int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	var o options
	flag.StringVar(&o.run, "run", "", "only this operation, or OPERATION/CALL, or OPERATION/CALL/FAULT")
	flag.StringVar(&o.faults, "faults", "", "only these faults, with commas")
	flag.IntVar(&o.workers, "workers", 4, "how many worlds to walk in at the same time")
	flag.BoolVar(&o.list, "list", false, "list the operations and their calls, and stop")
	flag.BoolVar(&o.verbose, "v", false, "print what each run says")
	flag.StringVar(&o.servers, "servers", "",
		"folder with kube-apiserver and others, as hack/servers.sh prints; walk the operations of edge clusters, too")
	flag.StringVar(&o.page, "write", "", "page to write the figures to")
	flag.Parse()
	if err := o.walk(ctx, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		return 1
	}
	return 0
}

type options struct {
	run, faults, page, servers string
	workers                    int
	list, verbose              bool
}

// walk walks what the options choose. A violation is an error.
func (o options) walk(ctx context.Context, out io.Writer) error {
	if o.page != "" && o.run != "" {
		return errors.New("-write is for the figures of all operations")
	}
	if o.workers < 1 {
		return errors.New("want at least one worker")
	}
	dir, err := os.MkdirTemp("", "faultwalk-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	chosen := slices.DeleteFunc(operations(o.servers), func(op *operation) bool {
		return o.run != "" && o.run != op.name && !strings.HasPrefix(o.run, op.name+"/")
	})
	if len(chosen) == 0 {
		return fmt.Errorf("there is no operation of %q; -list lists them", o.run)
	}
	k := &walk{dir: dir, servers: o.servers, workers: o.workers, verbose: o.verbose, out: out, match: o.match}
	if err := k.walkAll(ctx, chosen); err != nil {
		return err
	}
	if o.list {
		for _, op := range chosen {
			for _, call := range k.trails[op].calls {
				fmt.Fprintf(out, "%s/%s\n", op.name, call)
			}
		}
		return nil
	}
	fmt.Fprint(out, k.figures)
	if o.page != "" {
		if err := k.figures.writeTo(o.page); err != nil {
			return err
		}
	}
	if n := len(k.figures.violations); n > 0 {
		return fmt.Errorf("%d of %d runs broke a promise", n, k.figures.trials)
	}
	if k.figures.trials == 0 {
		return fmt.Errorf("no run matches %q", o.run)
	}
	return nil
}

// match reports whether a trial is chosen.
func (o options) match(t trial) bool {
	name := t.String()
	return !o.list && (o.run == "" || o.run == t.op.name || name == o.run || strings.HasPrefix(name, o.run+"/")) &&
		(o.faults == "" || slices.Contains(strings.Split(o.faults, ","), t.fault.Name))
}
