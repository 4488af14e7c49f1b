#!/usr/bin/env bash
# The helper, which runs with every kubectl command, stays on its diet: a test of its own says which packages that is.
set -o errexit -o nounset -o pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

output=$(go test -v -run Dependencies ./cmd/kubectl-edge_credential) || { echo "$output"; exit 1; }
if ! grep -q '^--- PASS' <<<"$output"; then
  echo "cmd/kubectl-edge_credential has no test with Dependencies in its name"
  exit 1
fi
