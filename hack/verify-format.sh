#!/usr/bin/env bash
# Go files are formatted by gofmt.
set -o errexit -o nounset -o pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

unformatted=$(git ls-files -z '*.go' | xargs -0 gofmt -l)
if [[ -n $unformatted ]]; then
  echo "not formatted, run gofmt -w on:"
  echo "$unformatted"
  exit 1
fi
