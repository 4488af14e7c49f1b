// Command launch becomes another program, whose calls that change files stop for the tracer that runs it. It is a
// program of its own because it starts before each run of the walk, and is small.
package main

import (
	"fmt"
	"os"

	"github.com/kubectl-edge/kubectl-edge/hack/faultwalk/inject"
)

func main() {
	if len(os.Args) < 2 {
		fmt.Fprintln(os.Stderr, "usage: launch PROGRAM [ARGUMENT…]")
		os.Exit(2)
	}
	err := inject.Launch(os.Args[1:], os.Environ())
	fmt.Fprintln(os.Stderr, "error:", err)
	os.Exit(1)
}
