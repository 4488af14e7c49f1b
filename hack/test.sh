#!/usr/bin/env bash
# Runs every test of this repository: of the main module, end to end with a real API server, and of the modules below
# hack/. What they need is installed or built first; arguments go to go test.
set -o errexit -o nounset -o pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

hack/prepare.sh test
source hack/flags.sh
EDGE_SANDBOX_SERVERS=$(hack/servers.sh)
EDGE_STACKIT_CLI=$(hack/stackit-cli.sh)
EDGE_TALOSCTL=$(hack/talosctl.sh)
EDGE_CLIENTS=$(hack/peers.sh contract)
EDGE_IMAGE_ROOT=$(mktemp -d)
EDGE_SANDBOX_IMAGE_ROOT=$(mktemp -d)
trap 'rm -rf "$EDGE_IMAGE_ROOT" "$EDGE_SANDBOX_IMAGE_ROOT"' EXIT
hack/image.sh v0.0.0 "$EDGE_IMAGE_ROOT"
hack/sandbox-image.sh v0.0.0 "$EDGE_SANDBOX_IMAGE_ROOT"
export EDGE_IMAGE_ROOT EDGE_SANDBOX_IMAGE_ROOT EDGE_SANDBOX_SERVERS EDGE_STACKIT_CLI EDGE_TALOSCTL EDGE_CLIENTS
# kubectl is the one built from source, whatever else this machine has.
export PATH=$EDGE_SANDBOX_SERVERS:$PATH

status=0
# go test runs as many packages at once as there are cores. The limit is for one package, and leaves room for a busy
# machine: a run that hangs ends with the stacks of its goroutines.
# Tests with the tag system take what is installed and built above. Without it, go test ./... takes only Go.
# Scripts wait for servers and programs a third of their time, so that more of them run at once than there are cores.
go test -tags system -timeout 40m -parallel $(($(getconf _NPROCESSORS_ONLN) * 3 / 2)) "$@" ./... || status=$?
for module in hack/*/go.mod; do
  folder=$(dirname "$module")
  if [[ -n $(find "$folder" -name '*_test.go' -not -path '*/testdata/*' -print -quit) ]]; then
    (cd "$folder" && go test -timeout 20m "$@" ./...) || status=$?
  fi
done
# The programs of other systems, where this machine can run them: at once, since emulators wait, too.
printf '%s\n' windows arm64 |
  xargs -P 2 -I{} "$BASH" -o pipefail -c 'hack/{}.sh 2>&1 | sed -u "s/^{}: //; s/^/{}: /"' || status=$?
exit "$status"
