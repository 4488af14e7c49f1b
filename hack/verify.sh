#!/usr/bin/env bash
# Runs every check and prints a line for each, with what it found when it failed.
# hack/verify.sh NAME... runs only the checks named.
set -o errexit -o nounset -o pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

if (($# == 0)); then
  set -- format text words lines commits shell github duplicates modules vet exports lint deadcode dependencies platforms krew links man
fi
hack/prepare.sh verify
source hack/flags.sh
log=$(mktemp)
trap 'rm -f "$log"' EXIT
failed=()
for check in "$@"; do
  printf '%-13s' "$check"
  start=$SECONDS
  if "hack/verify-$check.sh" >"$log" 2>&1; then
    printf 'ok   %4d s\n' $((SECONDS - start))
  else
    printf 'FAIL %4d s\n' $((SECONDS - start))
    sed 's/^/      /' "$log"
    failed+=("$check")
  fi
done
if ((${#failed[@]} > 0)); then
  echo "error: failed: ${failed[*]}; run one again with: hack/verify.sh NAME" >&2
  exit 1
fi
