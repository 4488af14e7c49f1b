#!/usr/bin/env bash
# Builds talosctl from source, once per version, and prints the folder that holds it.
set -o errexit -o nounset -o pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
source ./build-once.sh

recipe() {
  program talosctl talosctl github.com/siderolabs/talos/cmd/talosctl "three minutes" -trimpath -ldflags '-s -w'
}
build_once "talosctl-$(required talosctl github.com/siderolabs/talos)"
