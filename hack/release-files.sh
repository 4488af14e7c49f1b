#!/usr/bin/env bash
# Makes what archives and packages hold besides the programs, into out/files: a folder for each system's archives, as it lies
# in them, and one for packages of Linux.
#   hack/release-files.sh VERSION
set -o errexit -o nounset -o pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source hack/flags.sh
umask 022

version=${1:?usage: hack/release-files.sh VERSION}
files=out/files
rm -rf "$files"
mkdir -p "$files"/{linux,darwin,windows}/completions "$files/packages/man" "$files/linux/man"

hack/licences.sh "$files/linux/THIRD_PARTY_LICENSES.txt"
cp LICENSE CHANGELOG.md "$files/linux/"
go run ./hack/manual -man "$files/linux/man" -version "$version" -date "$(TZ=UTC0 git log -1 --format=%cd --date=format-local:%Y-%m-%d)"

stage=$(mktemp -d)
trap 'rm -rf "$stage"' EXIT
commands=(kubectl-edge kubectl-sts edge-sandbox)
compile "$version" "$(go env GOHOSTOS)/$(go env GOHOSTARCH)" "$stage" "${commands[@]}"
for program in "${commands[@]}"; do
  "$stage/$program" completion bash >"$files/linux/completions/$program.bash"
  "$stage/$program" completion zsh >"$files/linux/completions/_$program"
  "$stage/$program" completion fish >"$files/linux/completions/$program.fish"
  "$stage/$program" completion powershell >"$files/windows/completions/$program.ps1"
done

# kubectl asks the first for what completes "kubectl edge". Archives for Windows cannot hold links.
for plugin in edge sts; do
  ln -s "kubectl-$plugin" "$files/linux/kubectl_complete-$plugin"
  printf '@"%%~dp0kubectl-%s.exe" __complete %%*\r\n' "$plugin" >"$files/windows/kubectl_complete-$plugin.cmd"
done
cp -R "$files/linux/." "$files/darwin/"
cp "$files/linux/"*.{txt,md} "$files/linux/LICENSE" "$files/windows/"

for page in "$files/linux/man/"*; do
  gzip -9 -n -c "$page" >"$files/packages/man/${page##*/}.gz"
done
