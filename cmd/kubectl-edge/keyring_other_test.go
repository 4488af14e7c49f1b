//go:build system && !linux

package main

import (
	"errors"

	"github.com/rogpeppe/go-internal/testscript"
)

// keyring is of no use where there is no D-Bus: the scripts that call it are for Linux.
func keyring(*testscript.TestScript, *world, []string) error {
	return errors.New("there is a Secret Service on Linux alone")
}
