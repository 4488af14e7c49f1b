//go:build tools

// Package tools pins OpenTofu and the providers that talk to an Edge instance through the credential helper in tests.
package tools

import (
	_ "github.com/hashicorp/terraform-provider-helm"
	_ "github.com/hashicorp/terraform-provider-kubernetes"
	_ "github.com/opentofu/opentofu/cmd/tofu"
)
