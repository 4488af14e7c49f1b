//go:build !(system && linux)

package main

func systemPrograms() map[string]func() { return nil }
