// Rules is lint without staticcheck, for go vet -vettool: for small programs around much code of others, all of which
// staticcheck would look at first.
package main

import (
	"golang.org/x/tools/go/analysis/unitchecker"

	"github.com/kubectl-edge/kubectl-edge/hack/tools/house"
)

func main() { unitchecker.Main(house.Analyzer, house.UncheckedErrors()) }
