#!/usr/bin/env bash
# Builds actionlint, which checks GitHub's workflows, from source, once per version, and prints its path.
set -o errexit -o nounset -o pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
source ./build-once.sh

recipe() { program actionlint actionlint github.com/rhysd/actionlint/cmd/actionlint "ten seconds" -trimpath; }
printf '%s/actionlint\n' "$(build_once "actionlint-$(required actionlint github.com/rhysd/actionlint)")"
