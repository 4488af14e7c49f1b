#!/usr/bin/env bash
# The programs compile for every platform they are released for.
set -o errexit -o nounset -o pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

for platform in {linux,darwin,windows}/{amd64,arm64}; do
  echo "$platform"
  GOOS=${platform%/*} GOARCH=${platform#*/} go build -o /dev/null ./cmd/...
done
