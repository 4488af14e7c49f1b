#!/usr/bin/env bash
# Sourced before go is run on this repository: the flags of a release for builds, tests and checks alike, so that all share one
# build cache and nothing is compiled twice.
export GOFLAGS="${GOFLAGS:-} -trimpath -buildvcs=false" CGO_ENABLED=0

# repository prints the project's address: $EDGE_REPOSITORY for a fork, else what the programs say themselves.
repository() {
  echo "${EDGE_REPOSITORY:-$(sed -n 's/^var repository = "\(.*\)"$/\1/p' pkg/hint/install.go)}"
}

# stamp VERSION prints the linker's flags of a release. They depend on the commit alone, not on when and where it is built.
stamp() {
  local commit date
  commit=$(git rev-parse HEAD 2>/dev/null || true)
  date=$(TZ=UTC0 git log -1 --format=%cd --date=format-local:%Y-%m-%dT%H:%M:%SZ 2>/dev/null || true)
  printf '%s' "-s -w -X main.version=$1 -X main.commit=$commit -X main.date=$date" \
    " -X github.com/kubectl-edge/kubectl-edge/pkg/hint.repository=$(repository)"
}

# epoch prints the time that all files of a release have: that of the commit, in seconds since 1970.
epoch() { git log -1 --format=%ct 2>/dev/null || echo 0; }

# Those that are released, and for what.
# shellcheck disable=SC2034
programs=(kubectl-edge kubectl-edge_credential kubectl-sts edge-sandbox)
# shellcheck disable=SC2034
platforms=({linux,darwin,windows}/{amd64,arm64})

# compile VERSION OS/ARCH FOLDER PROGRAM... builds programs into the folder.
compile() {
  local version=$1 platform=$2 folder=$3
  shift 3
  GOOS=${platform%/*} GOARCH=${platform#*/} go build -ldflags "$(stamp "$version")" -o "$folder/" "${@/#/./cmd/}"
}
