//go:build !unix

package edge

// startedDetached is not known: the process is then treated as one that a client called.
func startedDetached() bool { return false }
