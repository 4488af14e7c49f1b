#!/usr/bin/env bash
# Builds what Krew installs into out/krew: for each manifest below krew/ an archive per platform, SHA256SUMS of them, and the
# index, a folder that is laid out as Krew wants it. It prints the manifests' names.
#   hack/krew.sh VERSION [OS/ARCH...]     such as v0.1.0; without platforms, for all
set -o errexit -o nounset -o pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source hack/flags.sh

version=${1:?usage: hack/krew.sh VERSION [OS/ARCH...]}
(($# == 1)) || platforms=("${@:2}")
release=$(hack/tools.sh release)

sha256() {
  if command -v sha256sum >/dev/null; then sha256sum "$1"; else shasum -a 256 "$1"; fi | cut -d ' ' -f 1
}

plugins=() built=()
for manifest in krew/*.yaml; do
  plugin=$(basename "$manifest" .yaml)
  plugins+=("$plugin")
  built+=("kubectl-${plugin//-/_}") # the name under which Krew links it
done

stage=$(mktemp -d)
trap 'rm -rf "$stage"' EXIT
rm -rf out/krew
mkdir -p out/krew/index/plugins
hack/licences.sh "$stage/THIRD_PARTY_LICENSES.txt"
for platform in "${platforms[@]}"; do
  compile "$version" "$platform" "$stage/${platform/\//_}" "${built[@]}"
done
for plugin in "${plugins[@]}"; do
  manifest=out/krew/index/plugins/$plugin.yaml
  sed "/^#/d; s|VERSION|$version|; s|REPOSITORY|$(repository)|" "krew/$plugin.yaml" >"$manifest"
  echo '  platforms:' >>"$manifest"
  program=kubectl-${plugin//-/_}
  for platform in "${platforms[@]}"; do
    os=${platform%/*} arch=${platform#*/} file=$program kind=tar.gz
    [[ $os == windows ]] && file+=.exe kind=zip
    archive=${program}_${version}_${os}_$arch.$kind
    mkdir "$stage/archive"
    mv "$stage/${os}_$arch/$file" "$stage/archive/"
    cp LICENSE "$stage/THIRD_PARTY_LICENSES.txt" "$stage/archive/"
    "$release" pack -o "out/krew/$archive" -time "$(epoch)" "$stage/archive"
    rm -r "$stage/archive"
    cat >>"$manifest" <<END
  - selector:
      matchLabels:
        os: $os
        arch: $arch
    uri: $(repository)/releases/download/$version/$archive
    sha256: $(sha256 "out/krew/$archive")
    bin: $file
END
  done
  echo "$manifest"
done
sed "s|REPOSITORY|$(repository)|" krew/README.md >out/krew/index/README.md
(
  cd out/krew
  for archive in *_"$version"_*; do
    printf '%s  %s\n' "$(sha256 "$archive")" "$archive"
  done >SHA256SUMS
)
