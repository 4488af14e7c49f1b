#!/usr/bin/env bash
# Builds, from source and once per version, the program that turns a cluster Secret into a client with Argo CD's own code,
# and prints the folder that holds it as clustersecret. It goes to the same cache as what hack/servers.sh builds.
set -o errexit -o nounset -o pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

cache=${KUBECTL_EDGE_BUILD_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/kubectl-edge-build}
key=$(cat argocd/go.{mod,sum} argocd/clustersecret/*.go argocd.sh | git hash-object --stdin | cut -c1-12)
bin=$cache/argocd-$(go env GOVERSION)-$(go env GOOS)-$(go env GOARCH)-$key

say() { printf '%s\n' "$*" >&2; }
mkdir -p "$bin"
exec 9>"$bin/.lock"
if command -v flock >/dev/null && ! flock -n 9; then
  say "waiting for another build of Argo CD's code ..."
  flock 9
fi
if [[ ! -x $bin/clustersecret ]]; then
  say "building Argo CD's code from source (about four minutes on two cores, once) ..."
  start=$SECONDS
  (cd argocd && GOFLAGS=-mod=readonly GOWORK=off go build -buildvcs=false -o "$bin/clustersecret.partial.$$" ./clustersecret)
  mv "$bin/clustersecret.partial.$$" "$bin/clustersecret"
  say "built it in $((SECONDS - start)) s"
fi
printf '%s\n' "$bin"
