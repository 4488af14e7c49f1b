package kubeconfig

import (
	"github.com/rogpeppe/go-internal/diff"

	"github.com/kubectl-edge/kubectl-edge/pkg/audit"
	"github.com/kubectl-edge/kubectl-edge/pkg/yamledit"
)

// redactedDiff returns the change of the file of this name as a unified diff, or "" if there is none. Secrets in it are
// replaced, in lines that stay, too.
func redactedDiff(name string, old, new []byte) string {
	return string(diff.Diff(name, redact(old), name+" (edited)", redact(new)))
}

// redact replaces every secret in the text of a kubeconfig, those in fields unknown to client-go and in comments
// included. Of what it cannot read it shows nothing.
func redact(data []byte) []byte {
	return yamledit.Mask(data, audit.Hidden, audit.HideComment)
}
