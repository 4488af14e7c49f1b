#!/usr/bin/env bash
# go vet has nothing to say, on any system the programs run on, with the tests that take more than Go and without them.
set -o errexit -o nounset -o pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

for os in linux darwin windows; do
  echo "GOOS=$os go vet -tags system ./..."
  GOOS=$os go vet -tags system ./...
done
echo "go vet ./..."
go vet ./...
