//go:build !linux

package main

// withoutPower runs f, which root must not do here.
func withoutPower(f func() error) error { return f() }
