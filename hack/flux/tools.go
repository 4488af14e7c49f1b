//go:build tools

// Package tools pins the controller of Flux that applies to an Edge instance in tests.
package tools

import (
	_ "github.com/fluxcd/kustomize-controller"
)
