#!/usr/bin/env bash
# Installs a release for the steps of a job that follow. It is run by bash 3.2 on macOS, and by Git's bash on Windows.
set -o errexit -o nounset -o pipefail

fail() { # as an annotation of the job; a line break would end it
  printf '::error::%s\n' "$*"
  exit 1
}

# A job that uses the action from its own checkout (uses: ./…) has neither a repository nor a ref of the action.
repository=${ACTION_REPOSITORY:-$GITHUB_REPOSITORY}
server=${GITHUB_SERVER_URL:-https://github.com}/$repository/releases
releases=${RELEASES:-$server}
releases=${releases%/}
release='^v[0-9]+\.[0-9]+\.[0-9]+(-[0-9A-Za-z.]+)?$'

version=${VERSION:-}
if [[ -z $version ]]; then
  version=latest
  [[ ! ${ACTION_REF:-} =~ $release ]] || version=$ACTION_REF
fi
[[ $version == latest || $version =~ ^v ]] || version=v$version

case ${RUNNER_OS:-$(uname -s)} in
  Linux) os=linux ending=tar.gz exe='' ;;
  macOS | Darwin) os=darwin ending=tar.gz exe='' ;;
  Windows | MINGW* | MSYS*) os=windows ending=zip exe=.exe ;;
  *) fail "there is no kubectl edge for ${RUNNER_OS:-$(uname -s)}" ;;
esac
case ${RUNNER_ARCH:-$(uname -m)} in
  X64 | x86_64) arch=amd64 ;;
  ARM64 | aarch64 | arm64) arch=arm64 ;;
  *) fail "there is no kubectl edge for ${RUNNER_ARCH:-$(uname -m)}" ;;
esac
case ${ATTESTATION:-auto} in
  required | auto | off) ;;
  *) fail "attestation is required, auto or off, and not: $ATTESTATION" ;;
esac

download() { curl --fail --silent --show-error --location --retry 3 --max-time 300 "$@"; }

if [[ $version == latest ]]; then
  # Where the address of the latest release leads to. The API would count against a limit that all jobs of a runner share.
  found=$(download --output /dev/null --write-out '%{url_effective}' "$releases/latest") ||
    fail "cannot find the latest release at $releases/latest"
  version=${found##*/}
fi
[[ $version =~ $release ]] || fail "$(printf '%q' "$version") is no version of a release, such as v0.1.0"

folder=${RUNNER_TEMP:-${TMPDIR:-/tmp}}/kubectl-edge-$version
[[ $os != windows ]] || folder=$(cygpath --unix "$folder")
archive=kubectl-edge-suite_${version}_${os}_${arch}.$ending
rm -rf "$folder"
mkdir -p "$folder"
for file in "$archive" SHA256SUMS; do
  download --output "$folder/$file" "$releases/download/$version/$file" ||
    fail "cannot download $releases/download/$version/$file"
done

# Exactly one line, of exactly this file: a pattern would take the dots of the name for any character, and the line of its
# SBOM for the same. A mirror may have made Windows' line ends of it.
expected=$(awk -v name="$archive" '{sub(/\r$/, ""); file = $2; sub(/^\*/, "", file)} file == name {print $1}' "$folder/SHA256SUMS")
[[ $expected =~ ^[0-9a-f]{64}$ ]] || fail "SHA256SUMS of $version does not have $archive once"
if command -v sha256sum >/dev/null; then
  sum=$(sha256sum <"$folder/$archive")
else
  sum=$(shasum -a 256 <"$folder/$archive")
fi
[[ ${sum%% *} == "$expected" ]] || fail "$archive has the checksum ${sum%% *}, and SHA256SUMS says $expected"

if [[ ${ATTESTATION:-auto} == off ]]; then
  verified="its checksum"
elif command -v gh >/dev/null; then
  gh attestation verify "$folder/$archive" --repo "$repository" \
    --signer-workflow "$repository/.github/workflows/release.yaml" --source-ref "refs/tags/$version" >/dev/null ||
    fail "$archive was not built by the release workflow of $repository, or GitHub cannot be asked (attestation: off leaves this out)"
  verified="its checksum and where it was built"
elif [[ $ATTESTATION == required ]]; then
  fail "gh, which verifies attestations, is not on this runner"
else
  verified="its checksum, but not where it was built, since gh is not on this runner"
fi

case $ending in
  zip) unzip -q "$folder/$archive" -d "$folder" ;;
  *) tar -xzf "$folder/$archive" -C "$folder" ;;
esac
rm "$folder/$archive" "$folder/SHA256SUMS"
for program in kubectl-edge kubectl-edge_credential kubectl-sts; do
  [[ -x $folder/$program$exe ]] || fail "$archive has no $program$exe"
done
said=$("$folder/kubectl-edge$exe" --version) || fail "kubectl-edge of $archive does not run on this runner"
[[ $said == "kubectl edge $version" ]] || fail "$archive holds $said"

# Windows looks for programs in folders with its own kind of name.
path=$folder
[[ $os != windows ]] || path=$(cygpath --windows "$folder")
printf '%s\n' "$path" >>"$GITHUB_PATH"
printf 'version=%s\npath=%s\n' "$version" "$path" >>"$GITHUB_OUTPUT"
echo "installed kubectl edge $version in $path, having verified $verified"
