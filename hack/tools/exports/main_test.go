package main

import (
	"slices"
	"testing"
)

func TestExports(t *testing.T) {
	got, err := exports("testdata", "", []string{"linux", "windows"}, "./...")
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"example.com/house/room/room.go:29: Unseen is used nowhere outside",
		"example.com/house/room/room.go:32: Alone is used nowhere outside",
		"example.com/house/room/room.go:35: Limit is used nowhere outside",
		"example.com/house/room/room_windows.go:7: Shutter is used nowhere outside",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
