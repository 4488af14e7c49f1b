//go:build tools

// Package tools pins the Krew that checks and installs the plugin manifests.
package tools

import (
	_ "sigs.k8s.io/krew/cmd/krew"
	_ "sigs.k8s.io/krew/cmd/validate-krew-manifest"
)
