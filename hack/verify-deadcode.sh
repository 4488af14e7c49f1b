#!/usr/bin/env bash
# Every function is used: by a program or a test, and outside of tests' own packages by a program, on one system at least.
set -o errexit -o nounset -o pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

deadcode=$(hack/tools.sh deadcode)
status=0
dead=$("$deadcode" -test -tags system ./...)
if [[ -n $dead ]]; then
  printf 'used by nothing:\n%s\n' "$dead"
  status=1
fi

# What a program does not reach is dead where no system's program does: code for one system is built into the tests of others.
# Methods that keep a secret from being printed are there for the day when somebody prints it.
found=$(
  for os in linux darwin windows; do
    GOOS=$os go list -f '{{$dir := .Dir}}{{range .GoFiles}}built {{$dir}}/{{.}}{{"\n"}}{{end}}' ./... | sed "s|$PWD/||"
    GOOS=$os "$deadcode" ./cmd/... ./hack/... | sed -E 's/^/dead /'
  done | awk '
    $1 == "built" { built[$2]++; next }
    $NF ~ /\.(String|GoString|Format|LogValue)$/ { next }
    { split($2, at, ":"); file[$2 " " $NF] = at[1]; dead[$2 " " $NF]++ }
    END { for (d in dead) if (dead[d] >= built[file[d]]) print d }' | sort
)
if [[ -n $found ]]; then
  printf 'used by tests alone, which is where it belongs:\n%s\n' "$found"
  status=1
fi
exit "$status"
