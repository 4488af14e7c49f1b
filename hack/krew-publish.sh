#!/usr/bin/env bash
# Puts the Krew index of a release into the git repository that holds it, with what else is in the folder: the Homebrew cask
# and the Scoop manifest. What is there already is committed once.
#   hack/krew-publish.sh FOLDER REPOSITORY VERSION
set -o errexit -o nounset -o pipefail

folder=${1:?usage: hack/krew-publish.sh FOLDER REPOSITORY VERSION} repository=${2:?} version=${3:?}
clone=$(mktemp -d)
trap 'rm -rf "$clone"' EXIT
git clone --quiet "$repository" "$clone"
cp -R "$folder/." "$clone/"
git -C "$clone" add --all
if git -C "$clone" diff --cached --quiet; then
  echo "$repository has $version already" >&2
  exit
fi
# The address is that of GitHub's own account for workflows: a made-up one would be some other person's.
git -C "$clone" -c user.name="${GIT_COMMITTER_NAME:-kubectl edge}" \
  -c user.email="${GIT_COMMITTER_EMAIL:-41898282+github-actions[bot]@users.noreply.github.com}" commit --quiet --message "kubectl edge $version"
git -C "$clone" push --quiet origin HEAD
