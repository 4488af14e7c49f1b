package sts

import (
	"testing"

	"github.com/kubectl-edge/kubectl-edge/pkg/plugin/plugintest"
)

// Each flag with a known set of values completes them: what is left out here is what a person makes up, what is secret,
// and what only the server knows.
func TestEveryFlagCompletes(t *testing.T) {
	root := Tree(Process{Getenv: func(string) string { return "" }}).Command
	plugintest.EveryFlagCompletes(t, root, map[string]bool{
		"api data": true, "api header": true, "api-token": true, "ca-cert-base64-data": true, "context api-path": true,
		"context save api-path": true, "k8s-audience": true, "k8s-sa-token": true,
		"rbac create-subject scope": true, "rbac create-subject subject": true,
		"rbac describe-permissions permission": true, "rbac grant permission": true, "rbac revoke permission": true,
		"service-token": true, "service-token create dedicated-subject": true,
		"service-token create dedicatedSubject": true, "service-token create expiration": true,
		"service-token create name": true, "service-token delete id": true, "service-token delete name": true,
		"url": true, "request-timeout": true, "api min-life": true, "run min-life": true, "token min-life": true,
	})
}
