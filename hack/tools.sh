#!/usr/bin/env bash
# Builds one of the checks below hack/tools, once per version of them, and prints its path.
#   hack/tools.sh NAME
set -o errexit -o nounset -o pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
source ./build-once.sh

name=${1:?usage: hack/tools.sh NAME}
package=./$name
[[ $name == deadcode ]] && package=golang.org/x/tools/cmd/deadcode

recipe() { program tools "$name" "$package" "half a minute" -trimpath; }
printf '%s/%s\n' "$(build_once "$name")" "$name"
