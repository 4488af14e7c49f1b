//go:build tools

// Package tools pins the STACKIT CLI from whose session the tests log in.
package tools

import _ "github.com/stackitcloud/stackit-cli"
