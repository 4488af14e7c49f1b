#!/usr/bin/env bash
# Runs what takes hours, and finds what one run of the tests does not:
#   - all tests again with the race detector, which needs a C compiler (CGO_ENABLED=1); the programs that tests start
#     are not raced, the sandbox that they talk to is
#   - the whole walk of file system calls with every fault, which writes its figures to docs/reliability.md
#   - the kill test with 10,000 commands and 10,000 editors
#   - storms: programs at once in all the ways that a server fails, and 200 clients for a minute
#   - every fuzz target, FUZZTIME in sum (default: 1h)
# What passed writes its figures to docs/reliability.md.
# With QUICK=1 each part is short, ten minutes in all, and nothing is written. PARTS chooses, of: race walk killed storm fuzz.
set -o errexit -o nounset -o pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

hack/prepare.sh test
hack/prepare.sh soak
source hack/flags.sh
EDGE_SANDBOX_SERVERS=$(hack/servers.sh)
EDGE_STACKIT_CLI=$(hack/stackit-cli.sh)
EDGE_CLIENTS=$(hack/peers.sh contract)
export EDGE_SANDBOX_SERVERS EDGE_STACKIT_CLI EDGE_CLIENTS PATH=$EDGE_SANDBOX_SERVERS:$PATH

quick=${QUICK:-}
seconds() { # of a duration such as 1h, 90m or 30s
  local n=${1%[hms]}
  case $1 in
    *h) echo $((n * 3600)) ;;
    *m) echo $((n * 60)) ;;
    *) echo "$n" ;;
  esac
}

race() {
  if [[ -n $quick ]]; then # what has most of the concurrency
    CGO_ENABLED=1 go test -race -timeout 20m ./pkg/sandbox/... ./pkg/mint ./pkg/tokencache ./pkg/filelock ./plugins/...
  else
    CGO_ENABLED=1 go test -race -tags system -timeout 60m ./...
  fi
}

walk() {
  if [[ -n $quick ]]; then
    go run ./hack/faultwalk -faults EIO -run "kubeconfig create"
    go run ./hack/faultwalk -faults EPERM -run "login by key"
  else
    go run ./hack/faultwalk -servers "$EDGE_SANDBOX_SERVERS" -write docs/reliability.md
  fi
}

killed() { go run ./hack/killtest -n "$([[ -n $quick ]] && echo 100 || echo 10000)"; }

storm() {
  local length=1m rounds=10
  [[ -n $quick ]] && length=10s rounds=1
  CGO_ENABLED=1 go run -race ./hack/storm -clients 200 -for "$length" -rounds "$rounds"
}

fuzz() {
  local total each target targets status=0
  mapfile -t targets < <(git grep -oE '^func Fuzz[A-Za-z]+' -- '*_test.go' | sort) # FILE:func NAME
  total=$(seconds "${FUZZTIME:-$([[ -n $quick ]] && echo 60s || echo 1h)}")
  each=$((total / ${#targets[@]}))
  ((each > 0)) || each=1
  for target in "${targets[@]}"; do
    go test "./$(dirname "${target%%:*}")" -run '^$' -fuzz "^${target##* }\$" -fuzztime "${each}s" || status=$?
  done
  return "$status"
}

if (($# > 0)); then # one part, in a shell of its own: within a condition errexit would not count
  "$1"
  exit
fi
logs=$(mktemp -d)
trap 'rm -rf "$logs"' EXIT
status=0
for part in ${PARTS:-race walk killed storm fuzz}; do
  case $part in
    race | walk | killed | storm | fuzz) ;;
    *)
      echo "error: there is no part $part" >&2
      exit 2
      ;;
  esac
  echo "== $part"
  start=$SECONDS
  if hack/soak.sh "$part" 2>&1 | tee "$logs/$part"; then
    echo "== $part: passed in $((SECONDS - start)) s"
    if [[ -z $quick && $part != walk ]]; then # which writes its own
      go run ./hack/soakfigures -part "$part" -took $((SECONDS - start)) -write docs/reliability.md <"$logs/$part"
    fi
  else
    echo "== $part: FAILED after $((SECONDS - start)) s"
    status=1
  fi
done
exit "$status"
