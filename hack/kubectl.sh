#!/usr/bin/env bash
# Builds kubectl from source for the system that GOOS and GOARCH name, once per version, and prints the folder that holds it.
# For this machine's own it is among the servers.
set -o errexit -o nounset -o pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
source ./build-once.sh

kubernetes=$(required kubernetes k8s.io/kubernetes)
stamp="-s -w -X k8s.io/component-base/version.gitVersion=$kubernetes -X k8s.io/component-base/version.gitTreeState=clean"

recipe() { program kubernetes kubectl k8s.io/kubernetes/cmd/kubectl "a minute" -trimpath -ldflags "$stamp"; }
build_once "kubectl-$kubernetes"
