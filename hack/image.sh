#!/usr/bin/env bash
# Builds the container image, for both architectures of Linux, into out/image: an OCI layout, and no engine is needed. There is
# no base image; the programs are in /usr/local/bin, and "kubectl-edge install FOLDER" copies them from there.
#   hack/image.sh VERSION [ROOT]     with a folder, unpacks the image for this architecture there
set -o errexit -o nounset -o pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source hack/flags.sh
umask 022

version=${1:?usage: hack/image.sh VERSION [ROOT]}
release=$(hack/tools.sh release)
stage=$(mktemp -d)
trap 'rm -rf "$stage"' EXIT
roots=()
for arch in amd64 arm64; do
  root=$stage/$arch
  mkdir -p "$root/usr/local/bin" "$root/usr/share/doc/kubectl-edge"
  compile "$version" "linux/$arch" "$root/usr/local/bin" kubectl-edge kubectl-edge_credential kubectl-sts
  cp LICENSE "$root/usr/share/doc/kubectl-edge/"
  if ((${#roots[@]} == 0)); then
    hack/licences.sh "$root/usr/share/doc/kubectl-edge/THIRD_PARTY_LICENSES.txt"
  else
    cp "$stage/amd64/usr/share/doc/kubectl-edge/"* "$root/usr/share/doc/kubectl-edge/"
  fi
  roots+=("$arch=$root")
done
mkdir -p out
"$release" image -o out/image -time "$(epoch)" -version "$version" -source "$(repository)" -of kubectl-edge "${roots[@]}"
"$release" pack -o "out/kubectl-edge-image_$version.tar" -time "$(epoch)" out/image
if (($# > 1)); then
  "$release" root out/image "$(go env GOHOSTARCH)" "$2"
fi
