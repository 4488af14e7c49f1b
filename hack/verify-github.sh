#!/usr/bin/env bash
# GitHub's workflows are right, as far as that can be seen from outside of GitHub, and so are the scripts in them.
set -o errexit -o nounset -o pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

"$(hack/actionlint.sh)" -shellcheck="$(command -v shellcheck)" .github/workflows/*.yaml
go test -count=1 ./hack/github
