// Package keyringtest is a keyring for tests.
package keyringtest

import "errors"

// Keyring is one that cannot be used.
type Keyring struct{ err error }

// None returns a keyring that can never be used, for this reason: the key then lies in a file.
func None(reason string) Keyring { return Keyring{errors.New(reason)} }

// Get fails.
func (k Keyring) Get(string, string) (string, error) { return "", k.err }

// Set fails.
func (k Keyring) Set(string, string, string) error { return k.err }

// Delete fails.
func (k Keyring) Delete(string, string) error { return k.err }
