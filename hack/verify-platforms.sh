#!/usr/bin/env bash
# The programs compile for every platform they are released for. Those that are released are linked for the archives of the check
# krew.
set -o errexit -o nounset -o pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

for platform in {linux,darwin,windows}/{amd64,arm64}; do
  echo "$platform"
  GOOS=${platform%/*} GOARCH=${platform#*/} go list -export -f '{{with .Error}}{{.}}{{end}}' ./cmd/...
done
# The helper also where words have 32 bits: a time or a size that does not fit shows in its constants.
for arch in 386 arm; do
  echo "linux/$arch (the helper)"
  GOOS=linux GOARCH=$arch go list -export -f '{{with .Error}}{{.}}{{end}}' ./cmd/kubectl-edge_credential
done
