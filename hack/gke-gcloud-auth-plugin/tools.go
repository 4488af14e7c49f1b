//go:build tools

// Package tools pins the credential helper of GKE that ours is measured against.
package tools

import (
	_ "k8s.io/cloud-provider-gcp/cmd/gke-gcloud-auth-plugin"
)
