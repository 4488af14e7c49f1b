#!/usr/bin/env bash
# Writes the licences and notices of all that is linked into the programs that are released, on all platforms together.
#   hack/licences.sh FILE
set -o errexit -o nounset -o pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source hack/flags.sh

"$(hack/tools.sh release)" licences -o "${1:?usage: hack/licences.sh FILE}" -dir . "${programs[@]/#/./cmd/}"
