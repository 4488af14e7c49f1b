package main

import (
	"path/filepath"
	"slices"
	"testing"
)

func TestTwins(t *testing.T) {
	got, err := twins(filepath.Join("testdata", "src"))
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"first: the same in one/one.go:11, two/two.go:9",
		"has: the same in one/one.go:25, two/two_test.go:5",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
