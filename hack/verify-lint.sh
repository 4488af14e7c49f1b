#!/usr/bin/env bash
# The linter of hack/tools has nothing to say, about this module and those below hack/ that have code.
set -o errexit -o nounset -o pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

lint=$(hack/tools.sh lint)
rules=$(hack/tools.sh rules)
"$lint" -tags system ./...
for module in hack/*/go.mod; do
  cd "$(dirname "$module")"
  packages=$(go list ./... 2>&1)
  if [[ $module == hack/tools/* ]]; then
    "$lint" ./...
  elif [[ $packages != *"matched no packages"* ]]; then
    # A page of code and a thousand packages of others, which staticcheck would look at first: vet and our own rules.
    go vet ./...
    go vet -vettool="$rules" ./...
  fi
  cd "$OLDPWD"
done
