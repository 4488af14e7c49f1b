#!/usr/bin/env bash
# Runs the programs as they are built for Linux on arm64, in qemu: the tests of the packages that depend on the kernel or on the
# machine's words, and the way of a person with an arm64 kubectl (hack/flow), against a sandbox that runs natively.
#   hack/arm64.sh                       all of that
#   hack/arm64.sh login -test.v         tests of one package below pkg, as its test program takes them
#   hack/arm64.sh flow                  the flow alone
# The kernel gives programs of arm64 to qemu (binfmt_misc) in a user namespace alone, which Linux can since 6.7: the machine's
# own settings stay as they are.
set -o errexit -o nounset -o pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
source ./build-once.sh
source ./foreign.sh

# Packages that compute with time, sizes and bytes, and those that call the kernel. The longest come first.
packages=(kubeconfig atomicfile backoff caller dirs envcredential execcredential expiration filelock jwtclaims plugin profile
  securefile stackitid tokencache tokenfile tokenrequest trust)

# run_one FOLDER PACKAGE [FLAG…] runs the tests of a package, in its folder as go test does.
run_one() {
  local folder=$1 package=$2
  shift 2
  cd "../pkg/$package"
  # Left out is what gives files to other users: the user namespace has only one.
  local others='^(TestUnusableFolders|TestFilesOfOthers|TestRootMakesNothingOfItsOwnInAnothersHome)$'
  "$folder/tests/$(tr / . <<<"$package").test" -test.timeout=10m -test.skip="$others" "$@"
}
export -f run_one

flow() {
  local folder=$1
  shift
  FLOW_PROGRAMS="$folder/programs & more" "$folder/native/edge-sandbox" up --quiet --local-ui=false --dir "$folder/sandbox" -- \
    "$folder/flow.test" -test.timeout=10m "$@"
}

# What follows runs in namespaces of its own.
if [[ ${1:-} == in-namespaces ]]; then
  folder=$2
  shift 2
  mkdir -p "$folder/binfmt"
  mount -t binfmt_misc binfmt_misc "$folder/binfmt"
  # The head of an ELF file for the machine 183. F: the interpreter is opened now.
  magic='\x7f\x45\x4c\x46\x02\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02\x00\xb7\x00'
  mask='\xff\xff\xff\xff\xff\xff\xff\x00\xff\xff\xff\xff\xff\xff\xff\xff\xfe\xff\xff\xff'
  printf '%s' ":arm64:M::$magic:$mask:$(command -v qemu-aarch64-static):F" >"$folder/binfmt/register"
  case ${1:-} in
    '') run_tests "$folder" "${packages[@]}" && flow "$folder" ;;
    flow) shift && flow "$folder" -test.v "$@" ;;
    *) run_one "$folder" "$@" ;;
  esac
  exit
fi

[[ $(uname -sm) == 'Linux x86_64' ]] || not_run arm64 "qemu for these programs is tried on Linux on amd64 only"
if ! command -v qemu-aarch64-static >/dev/null && ((EUID != 0)); then
  not_run arm64 "qemu-aarch64-static is missing: sudo apt-get install --no-install-recommends qemu-user-static"
fi
./prepare.sh arm64
probe=$(mktemp -d)
unshare --user --map-root-user --mount mount -t binfmt_misc binfmt_misc "$probe" 2>/dev/null || {
  rmdir "$probe"
  not_run arm64 "this kernel has no binfmt_misc in user namespaces (Linux 6.7 or later)"
}
rmdir "$probe"
source ./flags.sh
build_all linux arm64 "$@"
run_all arm64 qemu --user --map-root-user "$PWD/arm64.sh" in-namespaces "$folder" "$@"
