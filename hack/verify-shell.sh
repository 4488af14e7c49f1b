#!/usr/bin/env bash
# Shell scripts parse, and shellcheck has nothing to say about them.
set -o errexit -o nounset -o pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

scripts=()
while IFS= read -r script; do
  scripts+=("$script")
done < <(git ls-files '*.sh' .ci/run)
for script in "${scripts[@]}"; do
  bash -n "$script"
  [[ -x $script ]] || { echo "$script is not executable"; exit 1; }
done
# SC2154, a variable that nothing assigns: nounset finds it, and it takes what a caller sets for one call for a mistake.
shellcheck --severity=warning --exclude=SC2154 "${scripts[@]}"
