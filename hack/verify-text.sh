#!/usr/bin/env bash
# What is committed names no machine, no person's folder and no private server, and puts nothing off.
set -o errexit -o nounset -o pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

status=0
forbid() { # reason, extended regular expression, exceptions, git grep's further arguments
  local lines found
  lines=$(git grep -InE -e "$2" "${@:4}") || (($? == 1)) # 1 is none, more is a failure
  found=$(grep -vE -e "$3" <<<"$lines" || true)
  if [[ -n $found ]]; then
    printf '%s:\n%s\n' "$1" "$found"
    status=1
  fi
}
none='^$'

forbid "a home folder of somebody" \
  '(^|[^A-Za-z0-9_.~-])/(home|Users)/[A-Za-z0-9]|/root[/]|[A-Z]:\\+Users\\+[A-Za-z0-9]' \
  '(/|\\)(alice|bob|me|you|user|USER)([^a-z]|$)'
forbid "a private server" \
  'https?://(10\.|192\.168\.|172\.(1[6-9]|2[0-9]|3[01])\.)[0-9.]+|https?://[^ /"]*(artifactory|nexus|goproxy|jfrog)' \
  "$none"
forbid "a proxy or registry other than an example" \
  '(GOPROXY|GOSUMDB|GONOSUMDB|(HTTPS?|ALL|https?|all)_(PROXY|proxy)) *[=:] *["'\'']?[a-z]+://' \
  '://(127\.0\.0\.1|localhost|\[::1\]|[a-z0-9.-]*example(\.(com|org|net))?|proxy\.golang\.org|[$%{])'
forbid "work put off" 'TODO|FIXME' "$none" -w -- '*.go'
exit "$status"
