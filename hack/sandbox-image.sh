#!/usr/bin/env bash
# Builds the container image of the sandbox, for this machine's architecture, into out/sandbox-image: an OCI layout with
# edge-sandbox, etcd, kube-apiserver and kubectl, which are static. It keeps its data in /data, and listens on port 8443.
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
cp "$servers"/{etcd,kube-apiserver,kubectl} "$root/usr/local/bin/" # they are found on PATH
cp LICENSE "$root/usr/share/doc/kubectl-edge/"
"$release" image -o out/sandbox-image -time "$(epoch)" -version "$version" -source "$(repository)" -of edge-sandbox \
  "$arch=$root"
if (($# > 1)); then
  "$release" root out/sandbox-image "$arch" "$2"
fi
