#!/usr/bin/env bash
# go mod tidy has nothing to do, in the main module and those below hack/.
set -o errexit -o nounset -o pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

status=0
for module in go.mod hack/*/go.mod; do
  folder=$(dirname "$module")
  if ! go mod tidy -C "$folder" -diff; then
    echo "$module: run: go mod tidy -C $folder"
    status=1
  fi
done
exit "$status"
