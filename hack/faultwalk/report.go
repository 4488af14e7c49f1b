package main

import (
	"fmt"
	"strings"
	"time"

	"github.com/kubectl-edge/kubectl-edge/hack/faultwalk/inject"
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
