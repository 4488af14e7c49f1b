#!/usr/bin/env bash
# Builds programs of others from source, once per version, and prints the folder that holds them.
#   hack/peers.sh bench      what ours are measured against
#   hack/peers.sh contract   what talks to an Edge instance in tests: through the credential helper, or with a token that we made
set -o errexit -o nounset -o pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
source ./build-once.sh

built() { # module, package, program, how long it takes, flags
  program "$1" "$3" "$2" "$4" -trimpath -ldflags '-s -w' "${@:5}"
}

bench() {
  built kubelogin github.com/int128/kubelogin kubelogin "half a minute"
  built gke-gcloud-auth-plugin k8s.io/cloud-provider-gcp/cmd/gke-gcloud-auth-plugin gke-gcloud-auth-plugin "half a minute"
}

contract() {
  # Argo CD's own code.
  built argocd . argocd-whoami "two minutes"
  built argocd ./clustersecret clustersecret "two minutes"
  built helm helm.sh/helm/v4/cmd/helm helm "three minutes"
  built terraform github.com/hashicorp/terraform-provider-kubernetes terraform-provider-kubernetes "a minute and a half"
  built terraform github.com/hashicorp/terraform-provider-helm terraform-provider-helm "half a minute"
  built terraform github.com/opentofu/opentofu/cmd/tofu tofu "two minutes"
  built terraform-stackit github.com/stackitcloud/terraform-provider-stackit terraform-provider-stackit "two minutes"
  # What Prometheus discovers in clouds is most of it, and not needed here.
  built prometheus github.com/prometheus/prometheus/cmd/prometheus prometheus "a minute and a half" -tags remove_all_sd
  built flux github.com/fluxcd/kustomize-controller kustomize-controller "two minutes"
  node
}

# node fetches Kubernetes' JavaScript client, as its lock file says.
node() {
  if [[ -z $bin ]]; then
    cat node/*.js*
    return
  fi
  [[ -d $bin/node/node_modules ]] && return
  say "fetching @kubernetes/client-node ..."
  rm -rf "$bin/node.partial"
  mkdir "$bin/node.partial"
  cp node/*.js* "$bin/node.partial/"
  (cd "$bin/node.partial" && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error)
  mv "$bin/node.partial" "$bin/node"
}

case ${1:-} in
  bench|contract) set=$1 ;;
  *) echo "usage: hack/peers.sh bench|contract" >&2; exit 2 ;;
esac
recipe() { "$set"; }
build_once "$set"
