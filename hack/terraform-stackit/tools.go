//go:build tools

// Package tools pins STACKIT's Terraform provider, which tests run in the sandbox. It is the newest version that the
// module proxy serves whole; it has a module of its own because OpenTofu and HashiCorp's providers require others of
// what they share.
package tools

import _ "github.com/stackitcloud/terraform-provider-stackit"
