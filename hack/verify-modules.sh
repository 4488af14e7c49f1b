#!/usr/bin/env bash
# go mod tidy has nothing to do, in the main module and those below hack/. The main module requires few others itself, and says
# which of them only tests use.
set -o errexit -o nounset -o pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

status=0
for module in go.mod hack/*/go.mod; do
  folder=$(dirname "$module")
  if ! go mod tidy -C "$folder" -diff; then
    echo "$module: run: go mod tidy -C $folder"
    status=1
  fi
done

required=$(go list -m -f '{{if not (or .Indirect .Main)}}{{.Path}}{{end}}' all)
count=$(wc -l <<<"$required")
if ((count > 28)); then
  echo "go.mod requires $((count)) modules itself, at most 28 are meant: use one that is there, or do without one"
  status=1
fi
linked=$(for os in linux darwin windows; do
  GOOS=$os go list -deps -f '{{with .Module}}{{.Path}}{{end}}' ./cmd/... ./hack/...
done | sort -u)
for module in $required; do
  comment=$(grep -E "^[[:space:]]*$module v.*// for tests" go.mod || true)
  if grep -qxF "$module" <<<"$linked"; then
    if [[ -n $comment ]]; then
      echo "go.mod: $module is not for tests alone"
      status=1
    fi
  elif [[ -z $comment ]]; then
    echo "go.mod: $module is for tests alone: say so, with the comment // for tests"
    status=1
  fi
done
exit "$status"
