#!/usr/bin/env bash
# Builds the programs into bin/, and tells how far it is instead of the modules that are downloaded.
#   hack/build.sh VERSION COMMIT DATE
set -o errexit -o nounset -o pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

go build -v -trimpath -buildvcs=false -o bin/ \
  -ldflags "-s -w -X main.version=$1 -X main.commit=$2 -X main.date=$3" ./cmd/... 2>&1 | hack/progress.sh "kubectl edge"
