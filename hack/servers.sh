#!/usr/bin/env bash
# Builds etcd, kube-apiserver and kubectl from source, once per version, and prints the folder that holds them.
# They go to a cache outside of the tree: $KUBECTL_EDGE_BUILD_CACHE, else kubectl-edge-build below the XDG cache folder.
set -o errexit -o nounset -o pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

cache=${KUBECTL_EDGE_BUILD_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/kubectl-edge-build}
version() { awk -v module="$2" '$1 == "require" && $2 == module {print $3} $1 == module && $2 ~ /^v/ {print $2; exit}' "$1/go.mod" | head -n 1; }
kubernetes=$(version kubernetes k8s.io/kubernetes)
etcd=$(version etcd go.etcd.io/etcd/server/v3)
key=$(cat {kubernetes,etcd}/go.{mod,sum} servers.sh | git hash-object --stdin | cut -c1-12)
bin=$cache/servers-$kubernetes-etcd-$etcd-$(go env GOVERSION)-$(go env GOOS)-$(go env GOARCH)-$key

say() { printf '%s\n' "$*" >&2; }
build() { # folder with the go.mod, package, program, expected duration, further go build flags
  local out=$bin/$3
  [[ -x $out ]] && return
  say "building $3 from source (about $4 on two cores, once) ..."
  local start=$SECONDS
  (cd "$1" && shift 4 && CGO_ENABLED=0 GOFLAGS=-mod=readonly GOWORK=off go build -trimpath -buildvcs=false "$@" -o "$out.partial.$$" "$package")
  mv "$out.partial.$$" "$out"
  say "built $3 in $((SECONDS - start)) s"
}

mkdir -p "$bin"
exec 9>"$bin/.lock"
if command -v flock >/dev/null && ! flock -n 9; then
  say "waiting for another build of the servers ..."
  flock 9
fi
stamp="-s -w -X k8s.io/component-base/version.gitVersion=$kubernetes -X k8s.io/component-base/version.gitTreeState=clean"
stamp+=" -X k8s.io/component-base/version.gitMajor=$(cut -d. -f1 <<<"${kubernetes#v}") -X k8s.io/component-base/version.gitMinor=$(cut -d. -f2 <<<"$kubernetes")"
package=go.etcd.io/etcd/server/v3 build etcd "" etcd "half a minute" -ldflags "-s -w"
package=k8s.io/kubernetes/cmd/kubectl build kubernetes "" kubectl "half a minute" -ldflags "$stamp"
package=k8s.io/kubernetes/cmd/kube-apiserver build kubernetes "" kube-apiserver "three minutes" -ldflags "$stamp"
printf '%s\n' "$bin"
