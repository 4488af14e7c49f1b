#!/usr/bin/env bash
# What a person reads, in messages, help, comments and pages, is plain, modern English.
set -o errexit -o nounset -o pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

words='told|whoever|whomever|anew|heed|heeds|heeded|heeding|for ever|likewise|be it|of ours|none that lives'
if git grep -InwiE -e "$words" -- '*.go' '*.md' '*.txtar' '*.sh' Makefile ':!hack/verify-words.sh'; then
  echo "say it in words of today: said, anybody who, again, obey, always, too, …"
  exit 1
fi
