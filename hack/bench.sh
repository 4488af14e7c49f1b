#!/usr/bin/env bash
# Measures the credential helper and kubectl edge beside their peers, in a sandbox with a real Kubernetes API, and writes
# docs/benchmarks.md and docs/benchmarks.svg. It fails when a bound is not met.
#   hack/bench.sh [--quick]     --quick: few rounds, and nothing is written
set -o errexit -o nounset -o pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

hack/prepare.sh bench
servers=$(hack/servers.sh)
peers=$(hack/peers.sh bench)
stackit=$(hack/stackit-cli.sh)
go build -trimpath -buildvcs=false -o out/bench ./hack/bench
# The programs under test are those of make build; go builds the bare one, and keeps its caches.
GOCACHE=$(go env GOCACHE) GOMODCACHE=$(go env GOMODCACHE) GOPATH=$(go env GOPATH) GOFLAGS=$(go env GOFLAGS)
export GOCACHE GOMODCACHE GOPATH GOFLAGS
EDGE_SANDBOX_SERVERS=$servers PATH=$stackit:$PATH \
  bin/edge-sandbox up --quiet -- "$PWD/out/bench" "$@" "$PWD" "$peers"
