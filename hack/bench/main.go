// Command bench measures the credential helper and kubectl edge beside their peers, in a sandbox, and holds the ratios
// against the bounds of the design. hack/bench.sh builds what it needs and runs it.
//
//	edge-sandbox up -- bench [--quick] TREE PEERS
//
// TREE is this repository's folder, PEERS has the programs of others. It writes docs/benchmarks.md and
// docs/benchmarks.svg, and exits with 1 if a bound is not met.
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"

	pages "github.com/kubectl-edge/kubectl-edge/hack/stage"
)

// writer is whom the page names as the one who writes its table.
const writer = "make bench"

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
}

func run() error {
	if len(os.Args) > 2 && os.Args[1] == launched {
		return launch(os.Args[2:])
	}
	quick := flag.Bool("quick", false, "few rounds, and no files written: to see whether it works")
	flag.Parse()
	if flag.NArg() != 2 {
		return errors.New("usage: bench [--quick] TREE PEERS")
	}
	return bench(flag.Arg(0), flag.Arg(1), *quick)
}

func bench(tree, peers string, quick bool) error {
	all, err := prepare(tree, peers)
	if err != nil {
		return err
	}
	results, err := all.measureAll(quick)
	if err != nil {
		return err
	}
	table := markdown(results)
	fmt.Print(table)
	if !quick {
		docs := filepath.Join(tree, "docs")
		text := fmt.Sprintf("Measured on %s. Later changes are not in it.\n\n%s", pages.Machine(), table)
		if err := pages.WriteSection(filepath.Join(docs, "benchmarks.md"), writer, text); err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(docs, "benchmarks.svg"), chart(results), 0o644); err != nil {
			return err
		}
	}
	for _, r := range results {
		if !r.met() {
			err = errors.Join(err, fmt.Errorf("bound not met: %s: %s", r.what, r.value()))
		}
	}
	return err
}
