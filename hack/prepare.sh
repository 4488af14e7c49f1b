#!/usr/bin/env bash
# Sees to it that the programs that a make target runs are on this machine: on Debian and its kin as root by installing
# them, elsewhere by saying what is missing and how to get it, and failing.
#   hack/prepare.sh ci|test|soak|demo|bench|verify|release|windows|arm64
set -o errexit -o nounset -o pipefail

# target  program, or a file  Debian package
programs() {
  cat <<'END'
ci      make        make
test    git         git
test    curl        curl
test    chromium    chromium
test    node        nodejs
test    npm         npm
test    jq          jq
demo    git         git
demo    curl        curl
bench   git         git
soak    cc          build-essential
verify  git         git
verify  shellcheck  shellcheck
verify  tar         tar
verify  gzip        gzip
verify  mandoc      mandoc
release  git        git
END
  if [[ $(uname) == Linux ]]; then # the keyring that tests run, elsewhere the system's own; what traces system calls
    cat <<'END'
test  gnome-keyring-daemon  gnome-keyring
test  dbus-daemon           dbus-daemon
test  strace                strace
test  unshare               util-linux
test  mount                 mount
release  busybox            busybox-static
release  chroot             coreutils
release  ldd                libc-bin
release  dpkg               dpkg
release  rpm                rpm
windows  debootstrap        debootstrap
windows  unshare            util-linux
arm64    qemu-aarch64-static  qemu-user-static
arm64    unshare            util-linux
test  ip                    iproute2
test  zsh                   zsh
test  fish                  fish
test  /usr/share/bash-completion/bash_completion  bash-completion
END
  fi
}

target=${1:-}
if [[ -z $target || $(programs) != *"$target "* ]]; then
  echo "usage: hack/prepare.sh ci|test|soak|demo|bench|verify|release|windows|arm64" >&2
  exit 2
fi
if ! command -v go >/dev/null; then
  echo "error: go is missing: install the version that go.mod names, see https://go.dev/doc/install" >&2
  exit 1
fi
missing=() packages=()
while read -r needs program package; do
  [[ $program != /* || ! -e $program ]] || continue
  if [[ $needs == "$target" ]] && ! command -v "$program" >/dev/null; then
    missing+=("$program")
    packages+=("$package")
  fi
done < <(programs)
if ((${#missing[@]} == 0)); then
  exit 0
fi

if ! command -v apt-get >/dev/null; then
  echo "error: missing: ${missing[*]}: install them with this system's package manager (Debian names: ${packages[*]})" >&2
  exit 1
fi
if ((EUID != 0)); then
  echo "error: missing: ${missing[*]}: run: sudo apt-get install --no-install-recommends ${packages[*]}" >&2
  exit 1
fi
echo "installing ${packages[*]} ..." >&2
export DEBIAN_FRONTEND=noninteractive
log=$(mktemp)
trap 'rm -f "$log"' EXIT
# Another run of this script, or a program of the system, may be installing as well.
exec 9<"${BASH_SOURCE[0]}"
flock 9
install() { apt-get install -o DPkg::Lock::Timeout=600 --yes --no-install-recommends "${packages[@]}"; }
# The lists of packages may be missing or old: fetch them when the first attempt fails.
if ! install >"$log" 2>&1 && ! { apt-get update && install; } >>"$log" 2>&1; then
  cat "$log" >&2
  echo "error: apt-get could not install ${packages[*]}" >&2
  exit 1
fi
