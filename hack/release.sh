#!/usr/bin/env bash
# Makes a release as .goreleaser.yaml says.
#   hack/release.sh snapshot   of the commit that is checked out, into out/release: builds it twice, in two folders and at two
#                              times, compares every byte, and installs it in all ways that can be tried here. It needs no key
#                              and publishes nothing.
#   hack/release.sh publish    of the tag that is checked out: what CI does
set -o errexit -o nounset -o pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source hack/flags.sh

goreleaser=$(hack/tools.sh goreleaser)
cyclonedx=$(hack/tools.sh cyclonedx-gomod)
REPOSITORY=$(repository)
OWNER=$(basename "$(dirname "$REPOSITORY")")
PATH=$(dirname "$cyclonedx"):$PATH
export PATH REPOSITORY OWNER

case ${1:-} in
  publish)
    # A commit may have two tags, v0.1.0-rc1 and v0.1.0: goreleaser takes the one that this names, if it is set.
    GORELEASER_CURRENT_TAG=${GORELEASER_CURRENT_TAG:-$(git describe --tags --exact-match)}
    if [[ ! $GORELEASER_CURRENT_TAG =~ ^v[0-9]+\.[0-9]+\.[0-9]+(-rc[0-9]+)?$ ]]; then
      echo "error: tag $GORELEASER_CURRENT_TAG: want v1.2.3, or v1.2.3-rc1 for a candidate: apk takes no other" >&2
      exit 1
    fi
    STAMP=$(stamp "$GORELEASER_CURRENT_TAG")
    export STAMP GORELEASER_CURRENT_TAG
    exec "$goreleaser" release --clean
    ;;
  snapshot) ;;
  *) echo "usage: hack/release.sh snapshot|publish" >&2; exit 2 ;;
esac

if [[ -n $(git status --porcelain) ]]; then
  echo "note: what is not committed is not in this release" >&2
fi
commit=$(git rev-parse HEAD)
# apk knows of what comes before a version by a word of its own and a number alone: 0.0.0_pre1795734000.
version=v0.0.0-pre$(epoch)
if tagged=$(git describe --tags --exact-match --match 'v*' 2>/dev/null); then
  version=${GORELEASER_CURRENT_TAG:-$tagged}
fi
STAMP=$(stamp "$version") GORELEASER_CURRENT_TAG=$version
export STAMP GORELEASER_CURRENT_TAG

temp=$(mktemp -d)
trap 'rm -rf "$temp"' EXIT

build() { # the folder of the clone, and the one for what would be published
  git clone --quiet --no-hardlinks . "$1"
  git -C "$1" checkout --quiet --detach "$commit" # what is committed meanwhile is of another release
  git -C "$1" tag --force "$version" "$commit" >/dev/null
  (cd "$1" && "$goreleaser" release --clean --skip=publish,sign,announce)
  mkdir -p "$2"
  find "$1/dist" -maxdepth 1 -type f ! -name artifacts.json ! -name metadata.json ! -name config.yaml -exec cp {} "$2/" \;
  cp "$1"/out/krew/*.{tar.gz,zip} "$1"/out/kubectl-edge-*"$version"*.tar* "$2/"
  cp -R "$1/out/krew/index" "$1/out/image" "$2/"
  cp -R "$1/dist/homebrew/Casks" "$1/dist/scoop/bucket" "$2/index/"
  cp -R "$1/dist/winget" "$2/"
  # What is not of the commit alone: winget wants the day on which a release came out, which goreleaser takes to be today, and
  # its installers are listed in any order.
  local file day
  day=$(TZ=UTC0 git log -1 --format=%cd --date=format-local:%Y-%m-%d "$commit")
  find "$2/winget" -name '*.installer.yaml' | while read -r file; do
    awk -v day="$day" '
      /^ReleaseDate: / { print "ReleaseDate: \"" day "\""; next }
      /^  - Architecture: / { items++ }
      /^ / && items { item[items] = item[items] $0 "\n"; next }
      items {
        for (i = 1; i <= items; i++)
          for (j = i + 1; j <= items; j++)
            if (item[j] < item[i]) { t = item[i]; item[i] = item[j]; item[j] = t }
        for (i = 1; i <= items; i++) printf "%s", item[i]
        items = 0
      }
      { print }' "$file" >"$file.sorted"
    mv "$file.sorted" "$file"
  done
}

"$goreleaser" check
build "$temp/first" "$temp/release"
# In another folder, later, with other habits.
(
  umask 077
  export TZ=Pacific/Kiritimati LC_ALL=C TMPDIR=$temp/tmp
  mkdir -p "$TMPDIR"
  build "$temp/second/in/another/folder" "$temp/again"
)
if ! diff -r "$temp/release" "$temp/again"; then
  echo "error: two builds of one commit differ" >&2
  exit 1
fi
echo "two builds of $version have the same bytes: $(find "$temp/release" -type f | wc -l) files"
(cd "$temp/release" && sha256sum --quiet -c SHA256SUMS)

rm -rf out/release
mkdir -p out
mv "$temp/release" out/release
hack/release-test.sh out/release
