package main

import (
	"fmt"
	"strings"
	"time"

	"github.com/kubectl-edge/kubectl-edge/hack/faultwalk/inject"
	"github.com/kubectl-edge/kubectl-edge/hack/stage"
)

func (f figures) String() string {
	var faults []string
	for _, fault := range inject.Faults() {
		if n := f.byFault[fault.Name]; n > 0 {
			faults = append(faults, fmt.Sprintf("%d %s", n, fault.Name))
		}
	}
	return fmt.Sprintf("%d operations, %d calls, %d runs with a fault (%s) in %v; %d calls were not met again; %d "+
		"runs broke a promise\n", f.operations, f.calls, f.trials, strings.Join(faults, ", "),
		f.took.Round(time.Second), f.missed, len(f.violations))
}

// writeTo writes the figures of a walk of all operations into a page. Faults that were not chosen are named.
func (f figures) writeTo(page string) error {
	var b strings.Builder
	fmt.Fprintf(&b, "Last walk: %s. Later changes are not in it. It took %v.\n\n", stage.Machine(),
		f.took.Round(time.Minute))
	fmt.Fprintf(&b, "| what | how many |\n|---|---|\n| operations | %d |\n| calls that change or lock a file | %d |\n",
		f.operations, f.calls)
	for _, fault := range inject.Faults() {
		n := fmt.Sprint(f.byFault[fault.Name])
		if n == "0" {
			n = "not in this walk"
		}
		fmt.Fprintf(&b, "| runs: %s | %s |\n", fault.What(), n)
	}
	fmt.Fprintf(&b, "| **all runs** | **%d** |\n| calls that three runs did not make again | %d |\n", f.trials,
		f.missed)
	fmt.Fprintf(&b, "| **runs that broke a promise** | **%d** |\n", len(f.violations))
	if len(f.violations) > 0 {
		b.WriteString("\nThose were:\n\n")
		for _, v := range f.violations {
			fmt.Fprintf(&b, "- `%s`\n", v)
		}
	}
	return stage.WriteSection(page, "hack/faultwalk", b.String())
}
