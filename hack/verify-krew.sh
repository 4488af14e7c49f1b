#!/usr/bin/env bash
# Krew's own validator accepts the manifests and installs every platform's archive. Then Krew adds the index from its git
# repository, and installs, upgrades and removes the plugins: by the very commands that a program prints where the helper is
# missing. The release's address is that of a server on this machine; all else is what users get.
set -o errexit -o nounset -o pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source hack/flags.sh

krew=$(hack/tools.sh krew)
validate=$(hack/tools.sh validate-krew-manifest)
release=$(hack/tools.sh release)
temp=$(mktemp -d)
mkdir "$temp/path" "$temp/home" "$temp/www"
"$release" serve "$temp/www" >"$temp/address" &
server=$!
trap 'kill "$server"; rm -rf "$temp"' EXIT
until [[ -s $temp/address ]]; do
  kill -0 "$server"
  sleep 0.1
done
EDGE_REPOSITORY=$(cat "$temp/address")/kubectl-edge
export EDGE_REPOSITORY

# This kubectl knows nothing but how to call Krew.
cat >"$temp/path/kubectl" <<END
#!/bin/sh
shift
HOME="$temp/home" exec "$krew" "\$@"
END
chmod +x "$temp/path/kubectl"
export PATH=$temp/path:$PATH KREW_ROOT=$temp/root KREW_NO_UPGRADE_CHECK=1

index=$temp/www/kubectl-edge-index
git init --quiet --bare --initial-branch main "$index"

publish() { # a version, and for what platforms if not for all
  hack/krew.sh "$@" >"$temp/manifests"
  mkdir -p "$temp/www/kubectl-edge/releases/download"
  mv out/krew "$temp/www/kubectl-edge/releases/download/$1"
  hack/krew-publish.sh "$temp/www/kubectl-edge/releases/download/$1/index" "$index" "$1"
  git -C "$index" update-server-info # a plain file server is enough for git then
}

expect() { # a program of Krew's folder, what its version has in it
  if [[ $("$KREW_ROOT/bin/$1" --version) != *"$2"* ]]; then
    echo "$1 is not of version $2"
    exit 1
  fi
}

publish v9.8.6
for manifest in "$temp/www/kubectl-edge/releases/download/v9.8.6/index/plugins/"*.yaml; do
  echo "$manifest"
  # krew-index asks for a short description of at most 50 characters.
  awk '/^  shortDescription: / && length($0) > length("  shortDescription: ") + 50 { print "too long: " $0; exit 1 }' "$manifest"
  "$validate" -manifest "$manifest"
done

# What to type is on the page of the index, with the address of this release: the same as in the hint of the programs.
commands=$(sed -n 's/^\$ //p' "$temp/www/kubectl-edge/releases/download/v9.8.6/index/README.md")
echo "$commands"
bash -o errexit -c "$commands"
kubectl krew install edge/sts
for program in kubectl-edge kubectl-edge_credential kubectl-sts; do
  expect "$program" v9.8.6
done

publish v9.8.7 "$(go env GOHOSTOS)/$(go env GOHOSTARCH)"
kubectl krew update
kubectl krew upgrade
for program in kubectl-edge kubectl-edge_credential kubectl-sts; do
  expect "$program" v9.8.7
done

kubectl krew uninstall edge edge-credential sts
left=$(find "$KREW_ROOT/bin" "$KREW_ROOT/store" "$KREW_ROOT/receipts" -mindepth 1 ! -name krew.yaml)
if [[ -n $left ]]; then
  echo "left behind: $left"
  exit 1
fi
