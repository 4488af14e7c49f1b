#!/usr/bin/env bash
# Builds programs of others from source, once per version, and prints the folder that holds them.
#   hack/peers.sh bench      what ours are measured against
#   hack/peers.sh contract   what talks to an Edge instance in tests: through the credential helper, or with a token of ours
# They go to the same cache as those of hack/servers.sh.
set -o errexit -o nounset -o pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

case ${1:-} in
  bench) modules=(kubelogin gke-gcloud-auth-plugin) ;;
  contract) modules=(argocd helm node terraform prometheus flux) ;;
  *) echo "usage: hack/peers.sh bench|contract" >&2; exit 2 ;;
esac

say() { printf '%s\n' "$*" >&2; }
key=$(for module in "${modules[@]}"; do cat "$module"/*.*; done | cat - peers.sh | git hash-object --stdin | cut -c1-12)
bin=${KUBECTL_EDGE_BUILD_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/kubectl-edge-build}/$1-$(go env GOVERSION)-$(go env GOOS)-$(go env GOARCH)-$key

build() { # module, package, program, expected duration, further go build flags
  local out=$bin/$3 start=$SECONDS
  [[ -x $out ]] && return
  say "building $3 from source (about $4 on two cores, once) ..."
  (cd "$1" && CGO_ENABLED=0 GOFLAGS=-mod=readonly GOWORK=off go build -buildvcs=false -ldflags '-s -w' "${@:5}" -o "$out.partial.$$" "$2")
  mv "$out.partial.$$" "$out"
  say "built $3 in $((SECONDS - start)) s"
}

mkdir -p "$bin"
exec 9>"$bin/.lock"
if command -v flock >/dev/null && ! flock -n 9; then
  say "waiting for another build of the same ..."
  flock 9
fi
if [[ $1 == bench ]]; then
  build kubelogin github.com/int128/kubelogin kubelogin "half a minute" -trimpath
  build gke-gcloud-auth-plugin k8s.io/cloud-provider-gcp/cmd/gke-gcloud-auth-plugin gke-gcloud-auth-plugin "half a minute" -trimpath
else
  # With the flags of argocd.sh, so that both find most of it compiled.
  build argocd . argocd-whoami "two minutes"
  build helm helm.sh/helm/v4/cmd/helm helm "three minutes" -trimpath
  build terraform github.com/hashicorp/terraform-provider-kubernetes terraform-provider-kubernetes "a minute and a half" -trimpath
  build terraform github.com/hashicorp/terraform-provider-helm terraform-provider-helm "half a minute" -trimpath
  build terraform github.com/opentofu/opentofu/cmd/tofu tofu "two minutes" -trimpath
  # What Prometheus discovers in clouds is most of it, and not needed here.
  build prometheus github.com/prometheus/prometheus/cmd/prometheus prometheus "a minute and a half" -trimpath -tags remove_all_sd
  build flux github.com/fluxcd/kustomize-controller kustomize-controller "two minutes" -trimpath
  if [[ ! -d $bin/node/node_modules ]]; then
    say "fetching @kubernetes/client-node ..."
    rm -rf "$bin/node.partial"
    mkdir "$bin/node.partial"
    cp node/*.js* "$bin/node.partial/"
    (cd "$bin/node.partial" && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error >&2)
    mv "$bin/node.partial" "$bin/node"
  fi
fi
printf '%s\n' "$bin"
