// Command killtest kills processes that edit a kubeconfig, at random points, and checks what they leave behind: a
// kubeconfig that parses, with every entry and comment of others, every entry that was reported as written, no file that
// others can read, and no lock that keeps the next one waiting.
//
//	go run ./hack/killtest -n 10000
package main

import (
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/signal"
	"time"

	"golang.org/x/sync/errgroup"
)

func main() { os.Exit(run()) }

func run() int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	var path, prefix string
	kills, workers, seed := 0, 0, uint64(0)
	flag.IntVar(&kills, "n", 100, "how many processes to kill")
	flag.IntVar(&workers, "workers", 2, "how many kubeconfigs to work on at the same time")
	flag.Uint64Var(&seed, "seed", uint64(time.Now().UnixNano()), "seed of the random points")
	flag.StringVar(&path, "edit", "", "edit this kubeconfig until killed; what killtest starts itself with")
	flag.StringVar(&prefix, "prefix", "", "start of the names of the entries, with -edit")
	flag.Parse()
	var err error
	if path != "" {
		err = editForEver(ctx, path, prefix, os.Stdout)
	} else {
		err = kill(ctx, kills, workers, seed, os.Stdout)
	}
	if err != nil {
		fmt.Fprintf(os.Stderr, "error: %v\n", err)
		return 1
	}
	return 0
}

// kill kills the given number of processes, spread over workers that each have a folder of their own.
func kill(ctx context.Context, kills, workers int, seed uint64, out *os.File) error {
	program, err := os.Executable()
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "killtest-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	fmt.Fprintf(out, "seed %d\n", seed)
	group, ctx := errgroup.WithContext(ctx)
	counts := make([]totals, workers)
	for i := range workers {
		group.Go(func() error {
			v := &victim{Rand: rand.New(rand.NewPCG(seed, uint64(i))), program: program, totals: &counts[i]}
			if err := v.prepare(dir, i); err != nil {
				return err
			}
			for v.totals.kills < kills/workers || i < kills%workers && v.totals.kills == kills/workers {
				if err := v.round(ctx); err != nil {
					return fmt.Errorf("worker %d after %d kills, see %s: %w", i, v.totals.kills, v.keep(), err)
				}
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	var sum totals
	for _, t := range counts {
		sum = totals{sum.kills + t.kills, sum.edits + t.edits, sum.locks + t.locks, sum.files + t.files}
	}
	fmt.Fprintf(out, "killed %d processes after %d finished edits; they left %d locks and %d temporary files; nothing was lost\n",
		sum.kills, sum.edits, sum.locks, sum.files)
	return nil
}
