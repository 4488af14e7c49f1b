#!/usr/bin/env bash
# Builds the STACKIT CLI from source, once per version, and prints the folder that holds it as stackit.
set -o errexit -o nounset -o pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
source ./build-once.sh

version=$(required stackit-cli github.com/stackitcloud/stackit-cli)

recipe() {
  program stackit-cli stackit github.com/stackitcloud/stackit-cli "three minutes" -trimpath \
    -ldflags "-s -w -X main.version=${version#v}"
}
build_once "stackit-cli-$version"
