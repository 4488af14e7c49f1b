#!/usr/bin/env bash
# The linter of hack/tools has nothing to say about this module and itself.
set -o errexit -o nounset -o pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

go build -C hack/tools -o ../../out/lint ./lint
out/lint ./...
(cd hack/tools && ../../out/lint ./...)
