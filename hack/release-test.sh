#!/usr/bin/env bash
# Installs a release in every way that can be tried here, each on a machine of its own: a folder that is the root of all that
# runs in it, with a shell, the release, and no Go. Each way has to lead to kubectl edge version, completion in bash, and a
# kubeconfig that works, against a sandbox.
#   hack/release-test.sh FOLDER     with what is published, as hack/release.sh leaves it
set -o errexit -o nounset -o pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

trap 'echo "error: line $LINENO: $BASH_COMMAND" >&2' ERR # what a check does not say itself
hack/prepare.sh release
folder=$(realpath "${1:?usage: hack/release-test.sh FOLDER}")
servers=$(hack/servers.sh)
krew=$(hack/tools.sh krew)
release=$(hack/tools.sh release)
arch=$(go env GOHOSTARCH)
suite=$(basename "$folder"/kubectl-edge-suite_*_linux_"$arch".tar.gz)
version=${suite#kubectl-edge-suite_}
version=${version%_linux_*}
temp=$(mktemp -d)
mounted=()
clean() {
  local folder
  for folder in "${mounted[@]}"; do
    umount "$folder"
  done
  mounted=()
}
trap 'clean; rm -rf --one-file-system "$temp"' EXIT

fail() {
  printf 'error: %s\n' "$*" >&2
  exit 1
}

# ---- What is in the archives and packages.

expected() { # what has to be in a list of files, one argument each, for the archive $1
  local list=$1 name
  shift
  for name; do
    grep -qxF -- "$name" "$temp/list" || fail "$list has no $name"
  done
}
for os in linux darwin; do
  for a in amd64 arm64; do
    archive=kubectl-edge-suite_${version}_${os}_$a.tar.gz
    tar --numeric-owner -tvzf "$folder/$archive" >"$temp/long"
    tar -tzf "$folder/$archive" >"$temp/list"
    expected "$archive" kubectl-edge kubectl-edge_credential kubectl-sts edge-sandbox kubectl_complete-edge kubectl_complete-sts \
      LICENSE THIRD_PARTY_LICENSES.txt man/kubectl-edge.1 man/kubectl-sts.1 completions/kubectl-edge.bash \
      completions/_kubectl-edge completions/kubectl-edge.fish
    # A link's mode means nothing.
    bad=$(awk '!/ 0\/0 / || !/^l/ && (/ (kubectl-[a-z_]*|edge-sandbox)$/ && !/^-rwxr-xr-x/ || / man\// && !/^-rw-r--r--/)' \
      "$temp/long")
    [[ -z $bad ]] || fail "$archive: mode or owner: $bad"
  done
done
for a in amd64 arm64; do
  archive=kubectl-edge-suite_${version}_windows_$a.zip
  "$release" list "$folder/$archive" >"$temp/list"
  expected "$archive" kubectl-edge.exe kubectl-edge_credential.exe kubectl-sts.exe edge-sandbox.exe kubectl_complete-edge.cmd \
    LICENSE THIRD_PARTY_LICENSES.txt completions/kubectl-edge.ps1
done
for archive in "$folder"/kubectl-{edge,edge_credential,sts}_"$version"_*; do
  [[ $archive == *_source.tar.gz || $archive == *.cdx.json ]] && continue
  "$release" list "$archive" >"$temp/list"
  program=${archive##*/}
  program=${program%%_"$version"*}
  [[ $archive == *.zip ]] && program+=.exe
  expected "${archive##*/}" "$program" LICENSE THIRD_PARTY_LICENSES.txt
done
# All that is linked into a program is in its bill of materials, and has its licence beside it.
for platform in {linux,darwin,windows}_{amd64,arm64}; do
  mkdir "$temp/programs"
  case $platform in
    windows_*) busybox unzip -q -d "$temp/programs" "$folder/kubectl-edge-suite_${version}_$platform.zip" ;;
    *) tar -xzf "$folder/kubectl-edge-suite_${version}_$platform.tar.gz" -C "$temp/programs" ;;
  esac
  for program in kubectl-edge kubectl-edge_credential kubectl-sts edge-sandbox; do
    bill=$folder/${program}_${version}_$platform.cdx.json
    grep -q '"bomFormat": "CycloneDX"' "$bill"
    file=$temp/programs/$program
    [[ $platform != windows_* ]] || file+=.exe
    go version -m "$file" | awk '$1 == "dep" { print $2, $3 }' >"$temp/linked"
    while read -r module number; do
      grep -qF "pkg:golang/$module@$number?" "$bill" || fail "$bill has no $module $number"
      grep -qxF "  $module $number" "$temp/programs/THIRD_PARTY_LICENSES.txt" || fail "$platform: no licence of $module $number"
    done <"$temp/linked"
  done
  rm -r "$temp/programs"
done
grep -q "^  version \"${version#v}\"$" "$folder/index/Casks/kubectl-edge.rb"
grep -q '/releases/download/v#{version}/kubectl-edge-suite_v#{version}_darwin_arm64.tar.gz"$' "$folder/index/Casks/kubectl-edge.rb"
grep -q "$version/kubectl-edge-suite_" "$folder/index/bucket/kubectl-edge.json"
grep -rq "$version/kubectl-edge-suite_" "$folder/winget"

# GitHub stores a file under another name if it has a character of other kinds in its name.
renamed=$(sed 's/^[^ ]*  //' "$folder/SHA256SUMS" | grep '[^A-Za-z0-9._-]' || true)
[[ -z $renamed ]] || fail "GitHub would rename $renamed"
for package in "$folder"/*.apk; do
  tar -xzOf "$package" .PKGINFO >"$temp/info" 2>/dev/null
  # https://wiki.alpinelinux.org/wiki/Package_policies: apk refuses another form. It wants to know what is in the package, too.
  grep -qE '^pkgver = [0-9]+(\.[0-9]+)*(_(alpha|beta|pre|rc)[0-9]*)?(-r[0-9]+)?$' "$temp/info" || fail "$package: $(cat "$temp/info")"
  grep -qE '^datahash = [0-9a-f]{64}$' "$temp/info" || fail "$package has no datahash"
done
# What every machine of an architecture runs has no variant: https://github.com/goreleaser/goreleaser/issues/6764.
for package in "$folder"/*.deb; do
  ! dpkg-deb -f "$package" | grep '^Architecture-Variant' || fail "$package is for a variant of the architecture"
done
# The files that manifests for Windows name are in the archive.
sed -n 's/^ *"\(.*\.exe\)",*$/\1/p' "$folder/index/bucket/kubectl-edge.json" >"$temp/named"
find "$folder/winget" -name '*.installer.yaml' -exec sed -n 's/^ *- RelativeFilePath: //p' {} + >>"$temp/named"
[[ $(sort -u "$temp/named" | wc -l) == 4 ]] || fail "the manifests for Windows name $(sort -u "$temp/named")"
"$release" list "$folder/kubectl-edge-suite_${version}_windows_amd64.zip" >"$temp/list"
while read -r file; do
  expected "the archive for Windows" "$file"
done <"$temp/named"

# ---- Machines.

# machine NAME makes a root: busybox, bash with its libraries, what completes in bash, kubectl, and the servers of a sandbox.
machine() {
  root=$temp/$1
  mkdir -p "$root"/{bin,usr/bin,usr/local/bin,tmp,person,etc,proc,dev,opt/sandbox,release}
  chmod 1777 "$root/tmp"
  cp /bin/busybox "$root/bin/"
  busybox --list | grep -vx busybox | while read -r applet; do
    ln -sf busybox "$root/bin/$applet"
  done
  rm -f "$root"/bin/{dpkg,dpkg-deb,bash}
  program /bin/bash
  mkdir -p "$root/usr/share/bash-completion"
  cp /usr/share/bash-completion/bash_completion "$root/usr/share/bash-completion/"
  cp "$servers"/{etcd,kube-apiserver} "$root/opt/sandbox/"
  cp "$servers/kubectl" "$root/usr/bin/"
  tar -xzf "$folder/$suite" -C "$root/opt/sandbox" edge-sandbox # Krew and the image have none
  cp /etc/passwd /etc/group "$root/etc/"
  printf '127.0.0.1 localhost\n' >"$root/etc/hosts"
  ln -s /proc/self/fd "$root/dev/fd"
  mknod -m 666 "$root/dev/null" c 1 3
  mknod -m 666 "$root/dev/urandom" c 1 9
  mknod -m 666 "$root/dev/random" c 1 8
  cp hack/release-use.sh "$root/release-use.sh"
  processes "$root"
}

# processes gives a root what every container has: programs ask for their own path there.
processes() {
  mkdir -p "$1/proc"
  mount -t proc proc "$1/proc"
  mounted=("$1/proc" "${mounted[@]}")
}

program() { # of this machine, with the libraries that it is linked to
  local library
  cp -L "$1" "$root/bin/"
  ldd "$1" | grep -o '/[^ ]*' | while read -r library; do
    mkdir -p "$root$(dirname "$library")"
    cp -L "$library" "$root$library"
  done
}

inside() {
  chroot "$root" /bin/env -i HOME=/person PATH="${path:-}/usr/local/bin:/usr/bin:/bin" LANG=C.UTF-8 "$@"
}

# comes_and_goes COMMAND... installs and removes a package, of which nothing stays behind: no file, and no folder with its name.
comes_and_goes() {
  ours >"$temp/before"
  "$@"
  ours >"$temp/after"
  diff "$temp/before" "$temp/after" || fail "${root##*/}: a removed package leaves something behind"
}

# earlier FOLDER makes an earlier release of what a package holds: with a program, a link and a folder that have left since,
# without what is new, and with programs that say that they are the earlier ones.
earlier() {
  local program
  # Not a script: a shell would open it once more by its name, and may find the newer program there.
  cp "$1/usr/bin/kubectl-sts" "$1/usr/bin/kubectl-edge_credential"
  for program in kubectl-edge kubectl-gone; do
    printf '#!/bin/sh\necho earlier\n' >"$1/usr/bin/$program.new"
    chmod 755 "$1/usr/bin/$program.new"
    mv "$1/usr/bin/$program.new" "$1/usr/bin/$program"
  done
  mkdir "$1/usr/share/kubectl-edge-gone"
  echo gone >"$1/usr/share/kubectl-edge-gone/file"
  ln -s kubectl-gone "$1/usr/bin/kubectl_complete-gone"
  rm "$1/usr/bin/edge-sandbox" "$1/usr/bin/kubectl_complete-edge"
}

# upgrades EARLIER NEWER, each a command that installs: up, down and up again, while kubectls call the helper, which is there at
# every moment.
upgrades() {
  "$1"
  [[ $(inside kubectl-edge_credential --version) == "kubectl sts"* ]] || fail "${root##*/}: no earlier release"
  mkfifo "$temp/calling"
  # shellcheck disable=SC2016
  inside /bin/bash -c 'echo calls; until [[ -e /tmp/enough ]]; do /usr/bin/kubectl-edge_credential --version || exit; done' \
    >"$temp/calling" &
  local calls=$! answer
  exec 4<"$temp/calling"
  read -r answer <&4
  cat <&4 >"$temp/answers" &
  exec 4<&-
  "$2"
  touch "$root/tmp/enough"
  wait "$calls" || fail "${root##*/}: the helper is missing during an upgrade"
  rm "$root/tmp/enough" "$temp/calling"
  answer=$(find "$root/usr" -name '*kubectl*gone*')
  [[ -z $answer ]] || fail "${root##*/}: an upgrade leaves $answer"
  [[ $(inside kubectl-edge_credential --version) == "$version" && -x $root/usr/bin/edge-sandbox &&
    -e $root/usr/bin/kubectl_complete-edge ]] || fail "${root##*/}: an upgrade does not bring all"
  "$1"
  [[ $(inside kubectl-edge_credential --version) == "kubectl sts"* && ! -e $root/usr/bin/edge-sandbox ]] ||
    fail "${root##*/}: the earlier release does not come back"
  "$2"
  "$2" # again
}

ours() { # and not the package manager's own
  find "$root" -path "$root/proc" -prune -o -path "$root/var/lib" -prune -o \( ! -type d -o -name '*kubectl-edge*' \) -print | sort
}

# uses NAME [PACKAGED] plays what a person does with what is installed.
uses() {
  inside EDGE_SANDBOX_SERVERS=/opt/sandbox VERSION="$version" PACKAGED="${2:-}" \
    /opt/sandbox/edge-sandbox up --quiet --local-ui=false -- /bin/bash /release-use.sh
  echo "ok: $1"
  clean
  rm -rf --one-file-system "$root"
}

machine archive
cp "$folder/$suite" "$folder/SHA256SUMS" "$root/release/"
# Its checksum, as the page has it checked: busybox's sha256sum knows no --ignore-missing.
check=$(sed -n '/^## Check a download/,/^On macOS/s/^[$] \(grep .*\)$/\1/p' docs/install.md)
said=$(inside sh -ec "cd /release; ${check/kubectl-edge_0.1.0_amd64.deb/$suite}")
[[ $said == "$suite: OK" ]] || fail "the checksum of $suite, by $check: $said"
# As docs/install.md says it, but for the download: tar --one-top-level=kubectl-edge, which stood there once, takes the program
# kubectl-edge for that folder, and fails.
unpack=$(sed -n '/^Without root, from the archive:/,/^```$/s/^    \(tar .*\)$/\1/p' docs/install.md)
[[ -n $unpack ]] || fail "docs/install.md has no way to unpack the archive"
inside sh -ec "cd /opt; mkdir kubectl-edge; cat /release/$suite | $unpack; mkdir -p /usr/local/bin; printf '#!/bin/sh\\necho earlier\\n' >/usr/local/bin/kubectl-edge_credential
  chmod 755 /usr/local/bin/kubectl-edge_credential; ln -s nothing /usr/local/bin/kubectl_complete-edge
  kubectl-edge/kubectl-edge install /usr/local/bin; kubectl-edge/kubectl-edge install /usr/local/bin"
# With an edge cluster, too.
cp "$servers/kube-controller-manager" "$root/opt/sandbox/"
uses "archive, by kubectl-edge install"

machine path
cp "$folder/$suite" "$root/release/"
inside sh -ec "mkdir /opt/kubectl-edge && tar -xzf /release/$suite -C /opt/kubectl-edge"
path=/opt/kubectl-edge: uses "archive, by its folder in PATH"

machine deb
for tool in dpkg dpkg-deb dpkg-split dpkg-query tar; do
  rm -f "$root/bin/$tool"
  program "$(command -v "$tool")"
done
mkdir -p "$root"/var/lib/dpkg/{info,updates,triggers} "$root/sbin"
touch "$root/var/lib/dpkg/status"
printf '#!/bin/sh\n' | tee "$root/sbin/ldconfig" >"$root/sbin/start-stop-daemon"
chmod +x "$root"/sbin/*
cp "$folder"/kubectl-edge_*_"$arch".deb "$root/release/"
# Not by sh: busybox's takes its own dpkg.
comes_and_goes inside PATH=/sbin:/usr/bin:/bin bash -ec 'dpkg -i /release/*.deb && dpkg --verify kubectl-edge && dpkg -r kubectl-edge'
dpkg-deb -R "$folder"/kubectl-edge_*_"$arch".deb "$temp/earlier"
earlier "$temp/earlier"
sed -i 's/^Version: .*/Version: 0.0.0~earlier/' "$temp/earlier/DEBIAN/control"
rm "$temp/earlier/DEBIAN/md5sums"
dpkg-deb -Zgzip -z1 -b "$temp/earlier" "$root/tmp/earlier.deb"
dpkg_earlier() { path=/sbin: inside bash -ec 'dpkg -i /tmp/earlier.deb'; }
dpkg_newer() { path=/sbin: inside bash -ec 'dpkg -i /release/*.deb && dpkg --verify kubectl-edge'; }
upgrades dpkg_earlier dpkg_newer
rm -r "$temp/earlier" "$root/tmp/earlier.deb"
path=/sbin: uses "deb, by dpkg" packaged

case $arch in amd64) machine_name=x86_64 ;; arm64) machine_name=aarch64 ;; *) machine_name=$arch ;; esac
machine rpm
cp "$folder"/kubectl-edge-*."$machine_name".rpm "$temp/package.rpm"
into_root() { rpm --root "$root" --dbpath /var/lib/rpm "$@"; }
come_and_go() { into_root -i "$temp/package.rpm" && into_root -V kubectl-edge && into_root -e kubectl-edge; }
comes_and_goes come_and_go
mkdir -p "$temp/earlier/tree"
dpkg-deb -x "$folder"/kubectl-edge_*_"$arch".deb "$temp/earlier/tree" # the same, but that completions for zsh lie elsewhere
earlier "$temp/earlier/tree"
cat >"$temp/earlier/kubectl-edge.spec" <<END
Name: kubectl-edge
Version: 0.0.0~earlier
Release: 1
Summary: an earlier release
License: Apache-2.0
AutoReqProv: no
%description
%install
cp -a $temp/earlier/tree/. %{buildroot}/
%files
%dir /usr/share/kubectl-edge-gone
$(find "$temp/earlier/tree" ! -type d -printf '/%P\n')
END
rpmbuild -bb --quiet --define "_topdir $temp/earlier" --define "_tmppath $temp/earlier" --define '__os_install_post %{nil}' \
  --define 'debug_package %{nil}' --define '_binary_payload w1.gzdio' "$temp/earlier/kubectl-edge.spec"
mv "$temp"/earlier/RPMS/*/*.rpm "$temp/earlier.rpm"
rm -r "$temp/earlier"
rpm_earlier() { into_root -U --oldpackage "$temp/earlier.rpm"; }
rpm_newer() { into_root -U --replacepkgs "$temp/package.rpm" && into_root -V kubectl-edge; }
upgrades rpm_earlier rpm_newer
uses "rpm, by rpm" packaged

machine apk
cp "$folder"/kubectl-edge_*_"$machine_name".apk "$root/release/"
inside sh -ec 'cd / && tar -xzf /release/*.apk && grep -q "^arch = '"$machine_name"'$" .PKGINFO'
uses "apk, unpacked" packaged

machine krew
cp "$folder"/kubectl-*_"$version"_linux_"$arch".tar.gz "$root/release/"
cp -R "$folder/index" "$root/release/"
cp "$krew" "$root/usr/bin/kubectl-krew"
inside KREW_NO_UPGRADE_CHECK=1 sh -ec "for plugin in edge edge-credential sts; do
  kubectl krew install --manifest=/release/index/plugins/\$plugin.yaml \
    --archive=/release/kubectl-\$(echo \$plugin | tr - _)_${version}_linux_$arch.tar.gz
done"
# As docs/install.md says: Krew has no place for the links.
# shellcheck disable=SC2016
inside sh -ec 'for plugin in edge sts; do
  ln -s "/person/.krew/bin/kubectl-$plugin" "/usr/local/bin/kubectl_complete-$plugin"
done'
path=/person/.krew/bin: uses "Krew"

# The image: its own root is a machine without even a shell. It puts its programs into a volume of another.
"$release" root "$folder/image" "$arch" "$temp/image-root"
[[ $(stat -c %u:%a "$temp/image-root/tmp") == 0:1777 ]] || fail "the image's /tmp"
said=$(chroot --userspec=65532:65532 "$temp/image-root" /usr/local/bin/kubectl-edge --version)
[[ $said == *"$version"* ]] || fail "the image's program says $said"
found=$(find "$temp/image-root" -type f -perm /111 | wc -l)
((found == 3)) || fail "the image has $found programs"
machine image
mkdir -m 1777 "$root/shared"
mkdir "$temp/image-root/shared"
mount --bind "$root/shared" "$temp/image-root/shared"
mounted=("$temp/image-root/shared" "${mounted[@]}")
processes "$temp/image-root"
# Argo CD's pods run as a user that the image does not know, with a root that is read-only.
chroot --userspec=999:999 "$temp/image-root" /usr/local/bin/kubectl-edge install /shared
path=/shared: uses "image, by its install into a volume"
