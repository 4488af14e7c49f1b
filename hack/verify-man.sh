#!/usr/bin/env bash
# The man pages of all programs are well formed.
set -o errexit -o nounset -o pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

pages=$(mktemp -d)
trap 'rm -rf "$pages"' EXIT
go run ./hack/manual -man "$pages" -date 2026-01-31
mandoc -T lint -W warning "$pages"/*.1
# A page that cannot be typeset at the width of a terminal loses text.
for page in "$pages"/*.1; do
  mandoc -T utf8 -O width=80 "$page" >/dev/null
done
