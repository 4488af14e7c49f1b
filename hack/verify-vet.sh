#!/usr/bin/env bash
# go vet has nothing to say, on any system the programs run on.
set -o errexit -o nounset -o pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

for os in linux darwin windows; do
  echo "GOOS=$os go vet ./..."
  GOOS=$os go vet ./...
done
