#!/usr/bin/env bash
# Runs the Windows programs on this machine, in Wine: the tests of the packages whose behaviour differs there, and the way of a
# person with kubectl.exe (hack/flow), against a sandbox that runs natively.
#   hack/windows.sh                                               all of that
#   hack/windows.sh login -test.run='^TestRefresh$' -test.count=9 tests of one package below pkg, as its test program takes them
#   hack/windows.sh flow                                          the flow alone
# Wine lies in a Debian of its own in the build cache: the machine's may be too old (Wine 8 cannot start Go programs). What runs
# there changes nothing in it.
#
# Wine judges share modes, paths, processes and the Credential Manager. It does not judge symbolic links, access lists,
# mandatory locks, and the number of the parent's process.
set -o errexit -o nounset -o pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
source ./build-once.sh
source ./foreign.sh

# The longest come first: two run at once, and the last of them ends the run.
packages=(login kubeconfig tokencache audit atomicfile dirs envcredential execcredential filelock kuberc plugin profile secretstore
  stackstate/stsconfig trust yamledit)
suite=trixie

# debian makes a Debian with Wine. It takes root, and the machine's own mirror.
debian() {
  local root=$1 mirror
  mirror=$(apt-get indextargets --format '$(ORIGIN) $(CODENAME) $(REPO_URI)' | awk '$1 == "Debian" && $2 !~ /-/ {print $3; exit}')
  debootstrap --variant=minbase "$suite" "$root" ${mirror:+"$mirror"}
  printf '127.0.0.1 localhost\n' >"$root/etc/hosts"
  cp -L /etc/resolv.conf "$root/etc/resolv.conf"
  printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d" # no service is started
  chmod +x "$root/usr/sbin/policy-rc.d"
  DEBIAN_FRONTEND=noninteractive chroot "$root" apt-get install --yes --no-install-recommends wine wine64
  rm -rf "$root"/var/cache/apt/*.bin "$root"/var/cache/apt/archives/*.deb "$root"/var/lib/apt/lists/* "$root"/usr/share/{doc,man,locale}
  mount_devices "$root"
  in_wine "$root" wineboot -i
  in_wine "$root" wineserver -w # until the registry is written
  in_wine "$root" wine cmd /c ver
  in_wine "$root" wineserver -k
}

# in_wine ROOT COMMAND… runs it there, with UTF-8 for names of files. Wine needs neither .NET nor an HTML engine, which it
# would offer to download.
in_wine() {
  local root=$1
  shift
  chroot "$root" env -i PATH=/usr/bin:/bin HOME=/root LC_ALL=C.UTF-8 WINEDEBUG=-all WINEDLLOVERRIDES='mscoree=;mshtml=' "$@"
}

recipe() {
  if [[ -z $bin ]]; then
    printf '%s\n' "$suite"
    declare -f debian in_wine mount_devices
  elif [[ ! -e $bin/ready ]]; then
    local start=$SECONDS log=$bin/log
    say "installing Debian $suite with Wine (about two minutes, once) ..."
    rm -rf "$bin/root" "$bin/new"
    (clean_up && in_namespaces "$PWD/windows.sh" in-namespaces install "$bin/new") >"$log" 2>&1 || { cat "$log" >&2; return 1; }
    mv "$bin/new" "$bin/root"
    touch "$bin/ready"
    say "installed it in $((SECONDS - start)) s"
  fi
}

# run_one FOLDER PACKAGE [FLAG…] runs the tests of a package, in its folder as go test does.
run_one() {
  local folder=$1 package=$2
  shift 2
  in_wine "$folder/root" sh -c 'cd "$1" && shift && exec wine "$@"' run \
    "/src/pkg/$package" "/built/tests/$(tr / . <<<"$package").test.exe" -test.timeout=20m "$@"
}
export -f run_one in_wine

# mount_system INSTALLED FOLDER mounts the installed system in FOLDER/root, with a layer on it that takes what is written.
mount_system() {
  local installed=$1 folder=$2 root=$2/root
  mkdir -p "$root" "$folder/layer"
  mount -t tmpfs tmpfs "$folder/layer"
  mkdir "$folder/layer/upper" "$folder/layer/work"
  mount -t overlay -o "lowerdir=$installed/root,upperdir=$folder/layer/upper,workdir=$folder/layer/work" overlay "$root"
  mkdir -p "$root/src" "$root/built" "$root$folder"
  mount --bind "$(dirname "$PWD")" "$root/src"
  mount --bind "$folder" "$root/built"
  mount --bind "$folder" "$root$folder" # the sandbox names its files so
  mount_devices "$root"
}

mount_devices() {
  mount -t proc proc "$1/proc"
  mount --rbind /dev "$1/dev"
}

flow() {
  local folder=$1
  shift
  FLOW_PROGRAMS='Z:\built\programs & more' "$folder/native/edge-sandbox" up --quiet --local-ui=false --dir "$folder/sandbox" -- \
    "$PWD/windows.sh" in-namespaces play "$folder" "$@"
}

# What follows runs in namespaces of its own.
if [[ ${1:-} == in-namespaces ]]; then
  shift
  case $1 in
    install)
      debian "$2"
      ;;
    play) # in the environment of the sandbox
      folder=$2
      shift 2
      variables=()
      while IFS= read -r variable; do variables+=("$variable"); done < <(env | grep -E '^(EDGE_SANDBOX_|FLOW_|XDG_CONFIG_HOME=)')
      in_wine "$folder/root" env "${variables[@]}" wine /built/flow.test.exe -test.timeout=20m "$@"
      ;;
    run)
      installed=$2 folder=$3
      shift 3
      mount_system "$installed" "$folder"
      in_wine "$folder/root" wineserver -p # stays until the namespaces end
      case ${1:-} in
        '') run_tests "$folder" "${packages[@]}" && flow "$folder" ;;
        flow) shift && flow "$folder" -test.v "$@" ;;
        *) run_one "$folder" "$@" ;;
      esac
      ;;
  esac
  exit
fi

[[ $(uname -sm) == 'Linux x86_64' ]] || not_run windows "Wine for these programs needs Linux on amd64"
((EUID == 0)) || not_run windows "it takes root to install Debian's Wine into a folder of its own, and to run it there: sudo make test"
command -v apt-get >/dev/null || not_run windows "it takes debootstrap and a mirror of Debian, which this system's apt-get would name"
./prepare.sh windows
source ./flags.sh
installed=$(build_once "windows-$suite")
build_all windows amd64 "$@"
run_all windows Wine "$PWD/windows.sh" in-namespaces run "$installed" "$folder" "$@"
