#!/usr/bin/env bash
# Sourced by the scripts that run the programs of another system on this machine, in the folder hack, after build-once.sh: builds
# what they run, and runs it in namespaces of its own. What ends the script, Ctrl-C too, ends all of it, and no mount is left.

# build_foreign FOLDER PACKAGE… builds for $GOOS and $GOARCH: the programs and kubectl into FOLDER/programs, in whose name is
# what people have in theirs, and the tests of packages below pkg and the flow into FOLDER/tests.
build_foreign() {
  local folder=$1 package start=$SECONDS kubectl suffix
  shift
  suffix=$(go env GOEXE)
  mkdir -p "$folder/programs & more" "$folder/tests"
  kubectl=$(./kubectl.sh)
  cp "$kubectl/kubectl" "$folder/programs & more/kubectl$suffix"
  (
    cd ..
    go build -o "$folder/programs & more/" ./cmd/kubectl-edge ./cmd/kubectl-edge_credential ./cmd/kubectl-sts
    (($# == 0)) || go test -c -vet=off -o "$folder/tests/" "${@/#/./pkg/}"
    for package; do # the name of a test program is the last folder's
      [[ $package != */* ]] || mv "$folder/tests/${package##*/}.test$suffix" "$folder/tests/${package//\//.}.test$suffix"
    done
    go test -c -vet=off -tags flow -o "$folder/flow.test$suffix" ./hack/flow
  )
  say "built for $GOOS on $GOARCH in $((SECONDS - start)) s"
}

# clean_up has what in_namespaces runs end with this shell, and its folder removed, whatever ends it: bash skips the trap EXIT for
# a signal that it has no trap for.
folder='' namespaces=''
clean_up() {
  trap finish EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM HUP
}
finish() {
  if [[ -n $namespaces ]]; then
    # A killed unshare takes its child along, which as process 1 takes all others.
    kill -KILL "$namespaces" 2>/dev/null || true
    wait "$namespaces" 2>/dev/null || true
  fi
  [[ -z $folder ]] || rm -rf "$folder"
}

# in_namespaces [FLAG…] COMMAND… runs it as process 1 of its own, whose end is the end of all it started. Flags are unshare's.
in_namespaces() {
  local status=0
  unshare --mount --pid --fork --kill-child --mount-proc --propagation private "$@" &
  namespaces=$!
  wait "$namespaces" || status=$?
  namespaces=''
  return "$status"
}

# run_tests FOLDER PACKAGE… runs the test programs with run_one, two at once, and says how each ended.
run_tests() {
  local folder=$1
  shift
  printf '%s\n' "$@" | xargs -P 2 -I{} "$BASH" -c '
    start=$SECONDS log=$1/$(tr / . <<<"$2").log
    if run_one "$1" "$2" >"$log" 2>&1; then
      echo "ok    pkg/$2  $((SECONDS - start)) s"
    else
      echo "FAIL  pkg/$2  $((SECONDS - start)) s"
      cat "$log"
      exit 1
    fi' run "$folder" {}
}

# not_run SYSTEM REASON says why nothing is run on this machine, which is not a failure.
not_run() {
  echo "$1: NOT RUN: $2" >&2
  exit 0
}

# build_all GOOS GOARCH [flow|PACKAGE] builds into a new $folder what is to be run, all $packages by default, and the sandbox
# for this machine.
build_all() {
  local os=$1 arch=$2
  start=$SECONDS
  EDGE_SANDBOX_SERVERS=$(./servers.sh)
  export EDGE_SANDBOX_SERVERS
  clean_up
  folder=$(mktemp -d)
  (
    export GOOS=$os GOARCH=$arch
    case ${3:-} in
      '') build_foreign "$folder" "${packages[@]}" ;;
      flow) build_foreign "$folder" ;;
      *) build_foreign "$folder" "$3" ;;
    esac
  )
  go build -C .. -o "$folder/native/" ./cmd/edge-sandbox
}

# run_all SYSTEM EMULATOR [FLAG…] COMMAND… runs it as in_namespaces does, says that all passed, and exits.
run_all() {
  local system=$1 emulator=$2 status=0
  shift 2
  in_namespaces "$@" || status=$?
  ((status != 0)) || echo "$system: all passed in $emulator, in $((SECONDS - start)) s"
  exit "$status"
}
