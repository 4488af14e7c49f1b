#!/usr/bin/env bash
# Builds the STACKIT CLI from source, once per version, and prints the folder that holds it as stackit. It goes to the
# same cache as what hack/servers.sh builds.
set -o errexit -o nounset -o pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

cache=${KUBECTL_EDGE_BUILD_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/kubectl-edge-build}
version=$(awk '$1 == "require" && $2 == "github.com/stackitcloud/stackit-cli" {print $3}' stackit-cli/go.mod)
key=$(cat stackit-cli/go.{mod,sum} stackit-cli.sh | git hash-object --stdin | cut -c1-12)
bin=$cache/stackit-cli-$version-$(go env GOVERSION)-$(go env GOOS)-$(go env GOARCH)-$key

say() { printf '%s\n' "$*" >&2; }
mkdir -p "$bin"
exec 9>"$bin/.lock"
if command -v flock >/dev/null && ! flock -n 9; then
  say "waiting for another build of the STACKIT CLI ..."
  flock 9
fi
if [[ ! -x $bin/stackit ]]; then
  say "building the STACKIT CLI from source (about three minutes on two cores, once) ..."
  start=$SECONDS
  (cd stackit-cli && CGO_ENABLED=0 GOFLAGS=-mod=readonly GOWORK=off go build -trimpath -buildvcs=false \
    -ldflags "-s -w -X main.version=${version#v}" -o "$bin/stackit.partial.$$" github.com/stackitcloud/stackit-cli)
  mv "$bin/stackit.partial.$$" "$bin/stackit"
  say "built stackit in $((SECONDS - start)) s"
fi
printf '%s\n' "$bin"
