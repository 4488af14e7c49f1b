// Command killtest kills programs that edit a kubeconfig, at random points, and checks what they leave behind: a
// kubeconfig that parses, with its mode and the link to it, every entry and comment of others, every entry that was
// reported as written, no file that others can read, and no lock that keeps the next one waiting.
//
// There are two kinds of them, and as many are killed of the one as of the other. Commands are kubectl edge kubeconfig
// create, convert and remove as people run them, against a sandbox. Editors do nothing but edit through pkg/kubeconfig,
// so that every kill hits an edit.
//
//	go run ./hack/killtest -n 10000
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/signal"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"
)

func main() { os.Exit(run()) }

func run() int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	var path, prefix string
	kills, workers, seed := 0, 0, uint64(0)
	flag.IntVar(&kills, "n", 100, "how many commands, and how many editors, to kill")
	flag.IntVar(&workers, "workers", 16, "how many kubeconfigs to work on at the same time; programs mostly wait")
	flag.Uint64Var(&seed, "seed", uint64(time.Now().UnixNano()), "seed of the random points")
	flag.StringVar(&path, "edit", "", "edit this kubeconfig until killed; what killtest starts itself with")
	flag.StringVar(&prefix, "prefix", "", "start of the names of the entries, with -edit")
	flag.Parse()
	var err error
	switch {
	case path != "":
		err = editForEver(ctx, path, prefix, os.Stdout)
	case kills < 1 || workers < 1:
		err = errors.New("want at least one kill and one worker")
	default:
		err = kill(ctx, kills, workers, seed, os.Stdout)
	}
	if err != nil {
		fmt.Fprintf(os.Stderr, "error: %v\n", err)
		return 1
	}
	return 0
}

// kill kills the given number of commands and of editors, spread over workers that each have a folder of their own.
func kill(ctx context.Context, kills, workers int, seed uint64, out *os.File) error {
	s, err := newTheatre(ctx)
	if err != nil {
		return err
	}
	defer s.close()
	fmt.Fprintf(out, "seed %d\n", seed)
	group, ctx := errgroup.WithContext(ctx)
	counts := make([]totals, workers)
	for i := range workers {
		share := kills / workers
		if i < kills%workers {
			share++
		}
		group.Go(func() error {
			v := &victim{Rand: rand.New(rand.NewPCG(seed, uint64(i))), theatre: s, totals: &counts[i]}
			if err := v.work(ctx, i, share); err != nil {
				return fmt.Errorf("worker %d after %d commands and %d editors, see %s: %w", i, v.totals.commands(),
					v.totals.editors, v.keep(), err)
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	sum := totals{killed: map[string]int{}}
	for _, t := range counts {
		sum.add(t)
	}
	fmt.Fprintf(out, "killed %d commands (%d create, %d convert, %d remove; %d more ended before) and %d editors "+
		"after %d finished edits\n",
		sum.commands(), sum.killed["create"], sum.killed["convert"], sum.killed["remove"], sum.ended, sum.editors,
		sum.edits)
	slices.Sort(sum.next)
	percentile := func(p int) time.Duration { return sum.next[(len(sum.next)-1)*p/100].Round(time.Millisecond) }
	fmt.Fprintf(out, "they left %d locks and %d temporary files; the next run took %v, in one of a hundred cases "+
		"over %v, and at most %v\n",
		sum.locks, sum.files, percentile(50), percentile(99), percentile(100))
	fmt.Fprintln(out, "nothing was lost")
	return nil
}

// totals counts what was killed and what it left.
type totals struct {
	killed         map[string]int  // commands, by name
	ended          int             // commands that ended before they were killed
	editors, edits int             // editors killed, edits they had finished
	locks, files   int             // locks and temporary files left
	next           []time.Duration // that the runs took which came next
}

func (t *totals) commands() int { return t.killed["create"] + t.killed["convert"] + t.killed["remove"] }

func (t *totals) add(more totals) {
	for what, n := range more.killed {
		t.killed[what] += n
	}
	t.ended += more.ended
	t.editors, t.edits = t.editors+more.editors, t.edits+more.edits
	t.locks, t.files = t.locks+more.locks, t.files+more.files
	t.next = append(t.next, more.next...)
}
