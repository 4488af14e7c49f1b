#!/usr/bin/env bash
# Commits have a subject of at most 72 characters, with the room in front: "login: renew once after a 401".
# That holds since the commit named below. Where it is not part of what was cloned, all of that is younger; where it is not
# part of a whole history, nothing can be said.
set -o errexit -o nounset -o pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

since='house: name securefile and interrupt for what they are'
base=$(git log --format='%H %s' | awk -v since="$since" '{hash = $1; sub(/^[^ ]+ /, "")} $0 == since && !found {print hash; found = 1}')
if [[ -n $base ]]; then
  range=$base..HEAD
elif [[ $(git rev-parse --is-shallow-repository) == true ]]; then
  range=HEAD
else
  echo "no commit '$since' in this history: nothing to check"
  exit
fi

status=0
while IFS= read -r line; do
  subject=${line#* }
  # Characters, wherever this runs: bytes that go on with one do not count.
  length=$(printf %s "$subject" | LC_ALL=C tr -d '\200-\277' | LC_ALL=C wc -c)
  if ((length > 72)); then
    echo "${line%% *}: $((length)) characters: $subject"
    status=1
  fi
  if ! LC_ALL=C grep -qE '^[a-z0-9][a-z0-9_/.,* -]*: [^ ]' <<<"$subject"; then
    echo "${line%% *}: no room in front: $subject"
    status=1
  fi
done < <(git log --no-merges --format='%h %s' "$range")
exit "$status"
