#!/usr/bin/env bash
# Links in pages lead to files and headings that are there, and outside only to sites that are known.
set -o errexit -o nounset -o pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

go test -count=1 -run '^TestLinks' ./docs
