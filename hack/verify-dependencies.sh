#!/usr/bin/env bash
# The helper, which runs with every kubectl command, stays on its diet: a test of its own says which packages that is.
set -o errexit -o nounset -o pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

go test -v -run Dependencies ./cmd/kubectl-edge_credential | tee /dev/stderr | grep -q '^--- PASS'
