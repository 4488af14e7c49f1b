//go:build tools

// Package tools pins the Helm that talks to an Edge instance through the credential helper in tests.
package tools

import (
	_ "helm.sh/helm/v4/cmd/helm"
)
