//go:build tools

// Package tools pins the talosctl that the tests run with a talosconfig that we made.
package tools

import _ "github.com/siderolabs/talos/cmd/talosctl"
