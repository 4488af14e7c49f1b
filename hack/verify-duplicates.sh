#!/usr/bin/env bash
# No function is there twice: of the same name and body in two packages, tests and the modules below hack/ included. Bodies that are
# one small expression, such as an Error method's, do not count; hack/tools/twins says which.
set -o errexit -o nounset -o pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

"$(hack/tools.sh twins)" .
