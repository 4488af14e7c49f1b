#!/usr/bin/env bash
# Builds the container image of the sandbox, for this machine's architecture, into out/sandbox-image: an OCI layout with
# edge-sandbox, etcd, kube-apiserver, kube-controller-manager and kubectl, which are static. It keeps its data in /data,
# and listens on port 8443.
#   hack/sandbox-image.sh VERSION [ROOT]     with a folder, unpacks the image there
set -o errexit -o nounset -o pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source hack/flags.sh
umask 022

version=${1:?usage: hack/sandbox-image.sh VERSION [ROOT]}
servers=$(hack/servers.sh)
release=$(hack/tools.sh release)
arch=$(go env GOHOSTARCH)
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
mkdir -p out "$root/usr/local/bin" "$root/usr/share/doc/kubectl-edge"
compile "$version" "linux/$arch" "$root/usr/local/bin" edge-sandbox
cp "$servers"/{etcd,kube-apiserver,kube-controller-manager,kubectl} "$root/usr/local/bin/" # they are found on PATH
cp LICENSE "$root/usr/share/doc/kubectl-edge/"
licences() { # PROGRAM MODULE ARGUMENT...
  "$release" licences -for "linux/$arch" -o "$root/usr/share/doc/kubectl-edge/THIRD_PARTY_LICENSES.$1.txt" -dir "$2" "${@:3}"
}
licences edge-sandbox . ./cmd/edge-sandbox
licences etcd hack/etcd go.etcd.io/etcd/server/v3
# Kubernetes links a file of the MPL, which asks for its source to be named: the text says the module and its version.
licences kubernetes hack/kubernetes -allow MPL-2.0 k8s.io/kubernetes/cmd/{kube-apiserver,kube-controller-manager,kubectl}
"$release" image -o out/sandbox-image -time "$(epoch)" -version "$version" -source "$(repository)" -of edge-sandbox \
  "$arch=$root"
if (($# > 1)); then
  "$release" root out/sandbox-image "$arch" "$2"
fi
