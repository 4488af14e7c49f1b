#!/usr/bin/env bash
# Reads what "go build -v" or "go list" says, and tells how far it is instead: the modules that are downloaded, and the
# packages that are compiled, of TOTAL if that is known. All else, such as an error, goes through. On a terminal that is one
# line, which is rewritten; elsewhere a line now and then.
#   go build -v … 2>&1 | hack/progress.sh NAME [TOTAL]
set -o errexit -o nounset -o pipefail

name=$1 total=${2:-}
every=${PROGRESS_SECONDS:-15} # between two lines in a log
downloaded=0 compiled=0 shown='' last=$SECONDS
# The terminal sends Ctrl-C to the build and to this alike. The build ends, its output with it, and then so does this.
trap '' INT

terminal() { [[ -t 2 && ${TERM:-dumb} != dumb ]]; }

state() {
  if ((compiled > 0)); then
    if [[ -n $total ]]; then
      # Go counts what it compiles with cgo twice, and what another build has made meanwhile not at all.
      printf '%s: compiled %d of %d packages' "$name" $((compiled < total ? compiled : total)) "$total"
    else
      printf '%s: compiled %d packages' "$name" "$compiled"
    fi
  else
    printf '%s: downloaded %d modules' "$name" "$downloaded"
  fi
}

clear_line() { [[ -z $shown ]] || ! terminal || printf '\r\e[K' >&2; }

while IFS= read -r line; do
  case $line in
  'go: downloading '*) downloaded=$((downloaded + 1)) ;;
  '' | *[!A-Za-z0-9._/~+-]*) # more than the path of a package
    clear_line
    printf '%s\n' "$line" >&2
    continue
    ;;
  *) compiled=$((compiled + 1)) ;;
  esac
  if terminal; then
    shown=$(state)
    printf '\r%s\e[K' "$shown" >&2
  elif ((SECONDS - last >= every)); then
    last=$SECONDS
    state >&2
    printf '\n' >&2
  fi
done
clear_line
if ! terminal && ((downloaded + compiled > 0)); then
  state >&2
  printf '\n' >&2
fi
