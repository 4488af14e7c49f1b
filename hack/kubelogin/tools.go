//go:build tools

// Package tools pins the OpenID Connect credential helper that ours is measured against.
package tools

import (
	_ "github.com/int128/kubelogin"
)
