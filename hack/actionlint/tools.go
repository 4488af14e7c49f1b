//go:build tools

// Package tools names the checker of GitHub's workflows, which hack/actionlint.sh builds.
package tools

import _ "github.com/rhysd/actionlint/cmd/actionlint"
