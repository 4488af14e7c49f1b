#!/usr/bin/env bash
# Runs every check, two at once, and prints a line for each when it has ended, with what it found when it failed.
# hack/verify.sh NAME... runs only the checks named.
set -o errexit -o nounset -o pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

if (($# == 0)); then
  set -- deadcode vet lint exports krew platforms modules dependencies shell github format text words lines commits duplicates links man
fi
hack/prepare.sh verify
source hack/flags.sh
logs=$(mktemp -d)
trap 'rm -rf "$logs"' EXIT

# Most checks keep one core busy, and the longest, which look at the whole program, wait for no other.
check() {
  local start=$SECONDS log=$logs/$1 text
  if "hack/verify-$1.sh" >"$log" 2>&1; then
    printf '%-13sok   %4d s\n' "$1" $((SECONDS - start))
    return
  fi
  text=$(printf '%-13sFAIL %4d s\n' "$1" $((SECONDS - start)) && sed 's/^/      /' "$log")
  printf '%s\n' "$text" # at once: another check may print meanwhile
  touch "$log.failed"
}
export -f check
export logs
printf '%s\n' "$@" | xargs -P 2 -I{} "$BASH" -c 'set -o errexit -o nounset -o pipefail; check {}'
failed=$(find "$logs" -name '*.failed' -exec basename {} .failed \; | sort | tr '\n' ' ')
if [[ -n $failed ]]; then
  echo "error: failed: ${failed% }; run one again with: hack/verify.sh NAME" >&2
  exit 1
fi
