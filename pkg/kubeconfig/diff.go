package kubeconfig

import "github.com/rogpeppe/go-internal/diff"

// Diff returns the change of the file of this name as a unified diff, or "" if there is none. Secrets in it are replaced,
// in lines that stay, too.
func Diff(name string, old, new []byte) string {
	return string(diff.Diff(name, redact(old), name+" (edited)", redact(new)))
}
