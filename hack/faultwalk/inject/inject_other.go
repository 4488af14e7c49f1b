//go:build !(linux && amd64)

package inject

import (
	"context"
	"errors"
)

var errPlatform = errors.New("the walk needs Linux on amd64: it sets registers of the programs that it runs")

// Tracer runs nothing here.
type Tracer struct{}

// New returns one that cannot run anything.
func New() *Tracer { return &Tracer{} }

// Close does nothing.
func (*Tracer) Close() {}

// Run says that it cannot.
func (*Tracer) Run(context.Context, Command, Call, *Fault) (Result, error) {
	return Result{}, errPlatform
}

// Launch says that it cannot.
func Launch(args, env []string) error { return errPlatform }
