#!/usr/bin/env bash
# Builds what a release consists of into out/: for each manifest below krew/ an archive per platform, the manifest with the
# archives' addresses and checksums, SHA256SUMS of all archives, and Argo CD's component with the release's version and
# checksums in it. It prints the manifests' names.
#   hack/krew.sh VERSION     such as v0.1.0
set -o errexit -o nounset -o pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

version=${1:?usage: hack/krew.sh VERSION}

sha256() {
  if command -v sha256sum >/dev/null; then sha256sum "$1"; else shasum -a 256 "$1"; fi | cut -d ' ' -f 1
}

# fill does to a template what krew-release-bot does, with the archives in out/ in place of those published.
fill() {
  local line
  sed "s/{{ *\.TagName *}}/$version/g" "$1" | while IFS= read -r line; do
    if [[ $line =~ ^(\ *)\{\{\ *addURIAndSha\ +\"([^\"]+)\" ]]; then
      local indent=${BASH_REMATCH[1]} uri=${BASH_REMATCH[2]}
      printf '%suri: %s\n%ssha256: %s\n' "$indent" "$uri" "$indent" "$(sha256 "out/${uri##*/}")"
    else
      printf '%s\n' "$line"
    fi
  done | grep -v '^#'
}

plugins=() programs=()
for template in krew/*.yaml; do
  plugin=$(basename "$template" .yaml)
  program=kubectl-${plugin//-/_} # the name under which Krew links it
  if [[ -f cmd/$program/main.go ]]; then
    plugins+=("$plugin")
    programs+=("$program")
  else
    echo "$template: left out, there is no cmd/$program" >&2
  fi
done

stage=$(mktemp -d)
trap 'rm -rf "$stage"' EXIT
mkdir -p out
rm -rf out/*.tar.gz out/*.yaml out/SHA256SUMS out/argocd
for platform in {linux,darwin,windows}/{amd64,arm64}; do
  os=${platform%/*} arch=${platform#*/}
  CGO_ENABLED=0 GOOS=$os GOARCH=$arch go build -trimpath -buildvcs=false -ldflags "-s -w -X main.version=$version" \
    -o "$stage/" "${programs[@]/#/./cmd/}"
  cp LICENSE "$stage/"
  for program in "${programs[@]}"; do
    file=$program
    [[ $os == windows ]] && file+=.exe
    tar -C "$stage" -czf "out/${program}_${version}_${os}_$arch.tar.gz" "$file" LICENSE
  done
done
for plugin in "${plugins[@]}"; do
  fill "krew/$plugin.yaml" >"out/$plugin.yaml"
  echo "out/$plugin.yaml"
done
for archive in out/*.tar.gz; do
  printf '%s  %s\n' "$(sha256 "$archive")" "${archive##*/}"
done >out/SHA256SUMS
cp -R docs/examples/argocd out/argocd
grep '  kubectl-edge_.*_linux_' out/SHA256SUMS >out/argocd/SHA256SUMS
sed "s/VERSION=v.*/VERSION=$version/" docs/examples/argocd/kustomization.yaml >out/argocd/kustomization.yaml
tar -C out -czf "out/kubectl-edge_argocd_$version.tar.gz" argocd
