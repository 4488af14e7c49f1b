//go:build !linux

package scripttest

import (
	"errors"

	"github.com/rogpeppe/go-internal/testscript"
)

// errLinux is what commands answer that look at Linux: the scripts which call them are for Linux alone.
var errLinux = errors.New("this command needs Linux")

func keyring(*testscript.TestScript, *World, []string) error { return errLinux }

func hit(*testscript.TestScript, *World, []string) error { return errLinux }

func shares(*testscript.TestScript, *World, []string) error   { return errLinux }
func orphaned(*testscript.TestScript, *World, []string) error { return errLinux }

// withoutPower runs f, which root must not do here.
func withoutPower(f func() error) error { return f() }
