#!/usr/bin/env bash
# Lines of Go have at most 120 columns, where a tab is 4, and files that are no tests at most 500 lines.
set -o errexit -o nounset -o pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

status=0
while IFS= read -r file; do
  # Bytes that go on with a character do not count. A line that ends with an address may be long, which cannot be broken.
  LC_ALL=C tr -d '\200-\277' <"$file" | LC_ALL=C expand -t 4 | LC_ALL=C awk -v file="$file" '
    length > 120 && !/https?:\/\/[^ "`]*["`]?[,)]*$/ {print file ":" NR ": " length " columns"; found = 1}
    END {exit found}' || status=1
done < <(git ls-files '*.go' ':!**/testdata/**')

while IFS= read -r file; do
  lines=$(wc -l <"$file")
  if ((lines > 500)); then
    echo "$file has $((lines)) lines: split it below 500"
    status=1
  fi
done < <(git ls-files '*.go' ':!*_test.go' ':!hack')
exit "$status"
