package main

import (
	"testing"
	"time"
)

// TestStorm is a short one. make soak has the long one, with the race detector.
func TestStorm(t *testing.T) {
	o := options{clients: 30, helpers: 8, rounds: 1, length: time.Second}
	if err := o.storm(t.Context(), t.Output()); err != nil {
		t.Error(err)
	}
}
