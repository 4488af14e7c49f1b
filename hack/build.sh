#!/usr/bin/env bash
# Builds the programs into bin/, and tells how far it is instead of the modules that are downloaded.
#   hack/build.sh VERSION
set -o errexit -o nounset -o pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source hack/flags.sh

go build -v -o bin/ -ldflags "$(stamp "$1")" ./cmd/... 2>&1 | hack/progress.sh "kubectl edge"
