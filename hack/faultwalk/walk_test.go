//go:build system && linux && amd64

package main

import (
	"testing"
)

// TestWalk walks each call of each operation with the two faults that happen most: the process is killed, and the disk
// is full. make soak walks all of them.
func TestWalk(t *testing.T) {
	o := options{faults: "kill,ENOSPC", workers: 4}
	if err := o.walk(t.Context(), t.Output()); err != nil {
		t.Error(err)
	}
}
