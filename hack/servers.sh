#!/usr/bin/env bash
# Builds etcd, kubectl, kube-apiserver and kube-controller-manager from source, once per version, and prints the folder
# that holds them.
# With --if-built it builds nothing, and prints the folder if they are there.
set -o errexit -o nounset -o pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
source ./build-once.sh

kubernetes=$(required kubernetes k8s.io/kubernetes)
etcd=$(required etcd go.etcd.io/etcd/server/v3)
stamp="-s -w -X k8s.io/component-base/version.gitVersion=$kubernetes -X k8s.io/component-base/version.gitTreeState=clean"
stamp+=" -X k8s.io/component-base/version.gitMajor=$(cut -d. -f1 <<<"${kubernetes#v}")"
stamp+=" -X k8s.io/component-base/version.gitMinor=$(cut -d. -f2 <<<"$kubernetes")"

recipe() {
  program etcd etcd go.etcd.io/etcd/server/v3 "half a minute" -trimpath -ldflags "-s -w"
  program kubernetes kubectl k8s.io/kubernetes/cmd/kubectl "half a minute" -trimpath -ldflags "$stamp"
  program kubernetes kube-apiserver k8s.io/kubernetes/cmd/kube-apiserver "three minutes" -trimpath -ldflags "$stamp"
  program kubernetes kube-controller-manager k8s.io/kubernetes/cmd/kube-controller-manager "two minutes" \
    -trimpath -ldflags "$stamp"
}
build_once "servers-$kubernetes-etcd-$etcd" "$@"
