#!/usr/bin/env bash
# The one way to build programs below hack/ from source, once: for scripts that source this in the folder hack, say what they
# build in a function recipe, and call build_once. The programs go to a cache outside of the tree:
# $KUBECTL_EDGE_BUILD_CACHE, else kubectl-edge-build below the XDG cache folder.
#
# A recipe calls, for each program,
#   program MODULE NAME PACKAGE DURATION [FLAG…]
# with a folder that has a go.mod, and go build's further flags. It is run twice: to find out what the programs are made
# from, which is their folder's key, and to fill that folder. Each program has a key of its own as well, and is built once
# for all folders: what an edit of a script or of one module does not change is not built again because of it.

say() { printf '%s\n' "$*" >&2; }

bin='' # the folder, once its key is known
only_look='' ready=yes # for --if-built
hack=$PWD
system='' # servers that are there are found without Go too
! command -v go >/dev/null || system=$(go env GOVERSION)-$(go env GOOS)-$(go env GOARCH)

cache_folder() { printf '%s\n' "${KUBECTL_EDGE_BUILD_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/kubectl-edge-build}"; }

# build_once NAME makes what recipe says, and prints its folder. Another run that makes the same waits for this one; what is
# interrupted leaves nothing. With --if-built as a second argument it makes nothing, and prints the folder if all is there.
build_once() {
  local key
  key=$(recipe | git hash-object --stdin | cut -c1-12)
  bin=$(cache_folder)/$1-$system-$key
  if [[ ${2:-} == --if-built ]]; then
    only_look=yes
    recipe >&2
    [[ $ready == no ]] || printf '%s\n' "$bin"
    return
  fi
  mkdir -p "$bin"
  trap 'rm -f "$bin"/*.partial.$$' EXIT
  trap 'exit 130' INT # by way of EXIT: bash skips that for a signal that it has no trap for
  trap 'exit 143' TERM
  exec 9>"$bin/.lock"
  if command -v flock >/dev/null && ! flock -n 9; then
    say "waiting for another build of the same ..."
    flock 9
  fi
  recipe >&2
  printf '%s\n' "$bin"
}

program() {
  local module=$1 name=$2 package=$3 duration=$4 built
  shift 4
  if [[ -z $bin ]]; then
    sources "$module" "$name" "$package" "$@"
    return
  fi
  [[ -x $bin/$name ]] && return
  if [[ -n $only_look ]]; then
    ready=no
    return
  fi
  built=$(cache_folder)/programs
  mkdir -p "$built"
  built+=/$name-$system-$(sources "$module" "$name" "$package" "$@" | git hash-object --stdin | cut -c1-12)
  [[ -x $built ]] || build "$built" "$module" "$name" "$package" "$duration" "$@"
  ln -f "$built" "$bin/$name"
}

# build FILE MODULE NAME PACKAGE DURATION [FLAG…] builds a program as FILE.
build() {
  local file=$1 module=$2 name=$3 package=$4 duration=$5 start=$SECONDS
  shift 5
  say "building $name from source (about $duration on two cores, once) ..."
  local build=(env CGO_ENABLED=0 GOFLAGS=-mod=readonly GOWORK=off go) list=$bin/list.partial.$$
  # Listing the packages downloads their modules, and says how many of them have to be compiled.
  "${build[@]}" list -C "$module" -buildvcs=false "$@" -deps -f '{{if .Stale}}{{.ImportPath}}{{end}}' "$package" \
    2>&1 >"$list" | "$hack/progress.sh" "$name"
  "${build[@]}" build -C "$module" -v -buildvcs=false "$@" -o "$bin/$name.partial.$$" "$package" 2>&1 |
    "$hack/progress.sh" "$name" "$(grep -c . "$list" || true)"
  mv "$bin/$name.partial.$$" "$file"
  say "built $name in $((SECONDS - start)) s"
}

# sources MODULE NAME PACKAGE [FLAG…] prints what a program is made from.
sources() {
  local module=$1
  printf '%s\n' "$@"
  find "$module" \( -name '*.go' -o -name go.mod -o -name go.sum \) -not -path '*/testdata/*' | LC_ALL=C sort |
    while IFS= read -r file; do cat "$file"; done
}

# required MODULE PATH prints the version of a module that the go.mod in the folder MODULE requires.
required() {
  awk -v path="$2" '$1 == "require" && $2 == path {print $3; exit} $1 == path && $2 ~ /^v/ {print $2; exit}' "$1/go.mod"
}
