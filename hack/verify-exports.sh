#!/usr/bin/env bash
# What is exported is used outside of its package, by a program or a test.
set -o errexit -o nounset -o pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

"$(hack/tools.sh exports)" -tags system ./...
