#!/usr/bin/env bash
# The one way to build programs below hack/ from source, once: for scripts that source this in the folder hack, say what they
# build in a function recipe, and call build_once. The programs go to a cache outside of the tree:
# $KUBECTL_EDGE_BUILD_CACHE, else kubectl-edge-build below the XDG cache folder.
#
# A recipe calls, for each program,
#   program MODULE NAME PACKAGE DURATION [FLAG…]
# with a folder that has a go.mod, and go build's further flags. It is run twice: to find out what the programs are made
# from, which is their folder's key, and to make those that are not there. What an edit of a script does not change is not
# built again because of it.

say() { printf '%s\n' "$*" >&2; }

bin='' # the folder, once its key is known

# build_once NAME makes what recipe says, and prints its folder. Another run that makes the same waits for this one; what is
# interrupted leaves a file that is not taken for a program.
build_once() {
  local key
  key=$(recipe | git hash-object --stdin | cut -c1-12)
  bin=${KUBECTL_EDGE_BUILD_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/kubectl-edge-build}
  bin+=/$1-$(go env GOVERSION)-$(go env GOOS)-$(go env GOARCH)-$key
  mkdir -p "$bin"
  exec 9>"$bin/.lock"
  if command -v flock >/dev/null && ! flock -n 9; then
    say "waiting for another build of the same ..."
    flock 9
  fi
  recipe >&2
  printf '%s\n' "$bin"
}

program() {
  local module=$1 name=$2 package=$3 duration=$4 start=$SECONDS
  shift 4
  if [[ -z $bin ]]; then
    printf '%s\n' "$module" "$name" "$package" "$@"
    find "$module" \( -name '*.go' -o -name go.mod -o -name go.sum \) -not -path '*/testdata/*' | LC_ALL=C sort |
      while IFS= read -r file; do cat "$file"; done
    return
  fi
  [[ -x $bin/$name ]] && return
  say "building $name from source (about $duration on two cores, once) ..."
  CGO_ENABLED=0 GOFLAGS=-mod=readonly GOWORK=off \
    go build -C "$module" -buildvcs=false "$@" -o "$bin/$name.partial.$$" "$package"
  mv "$bin/$name.partial.$$" "$bin/$name"
  say "built $name in $((SECONDS - start)) s"
}

# required MODULE PATH prints the version of a module that the go.mod in the folder MODULE requires.
required() {
  awk -v path="$2" '$1 == "require" && $2 == path {print $3; exit} $1 == path && $2 ~ /^v/ {print $2; exit}' "$1/go.mod"
}
