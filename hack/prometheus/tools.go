//go:build tools

// Package tools pins the Prometheus that scrapes an Edge instance in tests.
package tools

import (
	_ "github.com/prometheus/prometheus/cmd/prometheus"
)
