//go:build !unix || darwin

package secretstore

func reachable() error { return nil }
