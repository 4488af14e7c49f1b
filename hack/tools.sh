#!/usr/bin/env bash
# Builds a program that checks or releases this repository, once per version of it, and prints its path.
#   hack/tools.sh NAME
set -o errexit -o nounset -o pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
source ./build-once.sh

name=${1:?usage: hack/tools.sh NAME}
module=tools package=./$name duration="half a minute" flags=()
case $name in
  deadcode) package=golang.org/x/tools/cmd/deadcode ;;
  release) module=release package=. ;;
  krew|validate-krew-manifest) module=krew package=sigs.k8s.io/krew/cmd/$name ;;
  cyclonedx-gomod) module=sbom package=github.com/CycloneDX/cyclonedx-gomod/cmd/cyclonedx-gomod ;;
  goreleaser)
    module=goreleaser package=. duration="five minutes"
    # The tag leaves it out of go vet and go test, which would compile hundreds of packages for a page of code.
    flags=(-tags tools -ldflags "-s -w -X main.version=$(required goreleaser github.com/goreleaser/goreleaser/v2)")
    ;;
esac

recipe() { program "$module" "$name" "$package" "$duration" -trimpath ${flags[@]+"${flags[@]}"}; }
printf '%s/%s\n' "$(build_once "$name")" "$name"
