#!/usr/bin/env bash
# Writes Argo CD's component, with the image of this release named by its digest, into out/argocd and an archive of it. Run
# hack/image.sh before.
#   hack/argocd.sh VERSION
set -o errexit -o nounset -o pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source hack/flags.sh

version=${1:?usage: hack/argocd.sh VERSION}
digest=$(sed -n 's/.*"digest": *"\(sha256:[0-9a-f]*\)".*/\1/p' out/image/index.json)
rm -rf out/argocd
mkdir -p out/argocd
cp -R docs/examples/argocd out/argocd/
file=out/argocd/argocd/pod.yaml
sed "s|\(image: [^:]*\):v.*|\1:$version@$digest|" "$file" >"$file.new"
mv "$file.new" "$file"
grep -q "image: .*@sha256:" out/argocd/argocd/pod.yaml
"$(hack/tools.sh release)" pack -o "out/kubectl-edge-argocd_$version.tar.gz" -time "$(epoch)" out/argocd
