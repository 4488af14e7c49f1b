package sts

import (
	"testing"

	"github.com/kubectl-edge/kubectl-edge/pkg/plugin/plugintest"
)

func TestSuggestions(t *testing.T) {
	const sts = "did you mean kubectl sts "
	plugintest.Suggests(t, Tree, exitUsage, map[string]string{
		"contex list":         sts + "context list?",
		"list contexts":       sts + "context list?",
		"servce-tokens lst":   sts + "service-token list?",
		"servicetoken delete": sts + "service-token delete?",
		"ls":                  sts + "service-token list?",
		"use prod":            sts + "context set?",
		"login":               sts + "context save?",
		"whoami":              sts + "user-session?",
		"status":              sts + "context validate?",
		"rbac lst":            sts + "rbac list-permissions?",
		"rbac descrbe":        sts + "rbac describe-permissions or kubectl sts rbac describe-subjects?",
		"rbac subjects": sts + "rbac create-subject, kubectl sts rbac delete-subject or " +
			"kubectl sts rbac describe-subjects?",
		"context list -o josn": "did you mean -o json?",
		"token -output text":   "did you mean --output?",
	})
}
