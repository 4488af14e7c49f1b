#!/usr/bin/env bash
# The linter of hack/tools has nothing to say, about this module and those below hack/ that have code.
set -o errexit -o nounset -o pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

lint=$(hack/tools.sh lint)
for module in go.mod hack/*/go.mod; do
  cd "$(dirname "$module")"
  packages=$(go list ./... 2>&1)
  if [[ $packages != *"matched no packages"* ]]; then
    "$lint" -tags system ./...
  fi
  cd "$OLDPWD"
done
