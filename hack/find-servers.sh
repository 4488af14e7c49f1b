#!/usr/bin/env bash
# Prints a folder with etcd, kube-apiserver and kubectl for a sandbox: one that is there, or else one that is built, which
# takes minutes once. What is used, and why another was passed over, goes to stderr. In this order:
#   $EDGE_SANDBOX_SERVERS, $KUBEBUILDER_ASSETS (envtest's folder), what hack/servers.sh built before, PATH,
#   hack/servers.sh
# A folder without kube-controller-manager is enough for instances, and not for their edge clusters.
set -o errexit -o nounset -o pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
source ./build-once.sh

want=$(required kubernetes k8s.io/kubernetes)
# The oldest etcd that Kubernetes' own release tests of this version still pair with it.
oldest_etcd=3.6

# version PROGRAM prints the first version in what the program says of itself, such as 1.36.3.
version() {
  "$1" --version 2>/dev/null | grep -oE '[0-9]+\.[0-9]+\.[0-9]+' | head -n 1
}

minor() { cut -d. -f1,2 <<<"${1#v}"; }

older() { # A B: is A older than B?
  [[ $1 != "$2" && $(printf '%s\n%s\n' "$1" "$2" | sort -t. -k1,1n -k2,2n | head -n 1) == "$1" ]]
}

# misfit ETCD APISERVER KUBECTL prints why these cannot be used, or nothing.
misfit() {
  local program found
  for program in "$@"; do
    [[ -f $program && -x $program ]] || { echo "there is no ${program##*/}"; return; }
  done
  found=$(version "$2") || { echo "kube-apiserver does not say its version"; return; }
  if [[ $(minor "$found") != "$(minor "$want")" ]]; then
    echo "kube-apiserver is v$found, and the sandbox is made for v$(minor "$want")"
    return
  fi
  found=$(version "$1") || { echo "etcd does not say its version"; return; }
  if older "$(minor "$found")" "$oldest_etcd"; then
    echo "etcd is v$found, and v$oldest_etcd or later is needed"
  fi
}

# without_edge FOLDER says what a folder lacks that only edge clusters need.
without_edge() {
  [[ -x $1/kube-controller-manager ]] ||
    say "edge clusters will not start: there is no kube-controller-manager; hack/servers.sh builds one"
}

# use SOURCE FOLDER prints the folder and ends, if its programs fit.
use() {
  local why
  why=$(misfit "$2/etcd" "$2/kube-apiserver" "$2/kubectl")
  if [[ -z $why ]]; then
    say "using the servers of $1 ($2), v$(version "$2/kube-apiserver")"
    without_edge "$2"
    printf '%s\n' "$2"
    exit
  fi
  say "passed over $1 ($2): $why"
}

if [[ -n ${EDGE_SANDBOX_SERVERS:-} ]]; then
  use EDGE_SANDBOX_SERVERS "$EDGE_SANDBOX_SERVERS"
  # It is for nothing else: who sets it means it.
  say "error: EDGE_SANDBOX_SERVERS names a folder that cannot be used"
  say "hint: correct it, or unset it"
  exit 1
fi
[[ -z ${KUBEBUILDER_ASSETS:-} ]] || use KUBEBUILDER_ASSETS "$KUBEBUILDER_ASSETS"

built=$(./servers.sh --if-built)
if [[ -n $built ]]; then
  printf '%s\n' "$built"
  exit
fi

apiserver=$(command -v kube-apiserver || true)
if [[ -n $apiserver ]]; then
  etcd=$(command -v etcd || echo etcd) kubectl=$(command -v kubectl || echo kubectl)
  manager=$(command -v kube-controller-manager || true)
  why=$(misfit "$etcd" "$apiserver" "$kubectl")
  if [[ -z $why ]]; then
    # The sandbox wants one folder; these may be in several.
    programs=("$etcd" "$apiserver" "$kubectl")
    [[ -z $manager ]] || programs+=("$manager")
    links=$(cache_folder)/path-$(printf '%s\n' "${programs[@]}" | git hash-object --stdin | cut -c1-12)
    mkdir -p "$links"
    ln -sf "${programs[@]}" "$links/"
    say "using the servers on PATH ($apiserver, $etcd), v$(version "$apiserver")"
    without_edge "$links"
    printf '%s\n' "$links"
    exit
  fi
  say "passed over kube-apiserver on PATH ($apiserver): $why"
fi
say "building the servers: once, and not at all with KUBEBUILDER_ASSETS set to a folder of setup-envtest use $(minor "$want")"
exec ./servers.sh
