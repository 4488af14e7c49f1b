//go:build tools

// Package tools pins what writes the bill of materials of each program that is released.
package tools

import (
	_ "github.com/CycloneDX/cyclonedx-gomod/cmd/cyclonedx-gomod"
)
