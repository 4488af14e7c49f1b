package main

import (
	"os"
	"slices"
	"testing"
)

// TestMain lets the test binary be the program that killtest starts.
func TestMain(m *testing.M) {
	if slices.Contains(os.Args, "-edit") {
		os.Exit(run())
	}
	os.Exit(m.Run())
}

func TestKill(t *testing.T) {
	if err := kill(t.Context(), 40, 4, 1, os.Stdout); err != nil {
		t.Fatal(err)
	}
}
