#!/usr/bin/env bash
# The Krew manifests are valid, every platform's archive installs, and what is installed here is what kubectl looks for:
# all of it by Krew's own code, in a folder of its own.
set -o errexit -o nounset -o pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

version=v9.8.7 # of none of the examples
manifests=$(hack/krew.sh "$version")
temp=$(mktemp -d)
trap 'rm -rf "$temp"' EXIT
go build -C hack/krew -o "$temp/" sigs.k8s.io/krew/cmd/krew sigs.k8s.io/krew/cmd/validate-krew-manifest

# The validator installs each platform's archive by calling: kubectl krew install --manifest FILE -v=4
# Nothing is published yet, so this kubectl has Krew take the archive from out/; Krew checks its sha256 all the same.
mkdir "$temp/path"
cat >"$temp/path/kubectl" <<END
#!/usr/bin/env bash
set -o errexit -o nounset
plugin=\$(basename "\$4" .yaml)
shift # krew
KREW_NO_UPGRADE_CHECK=1 HOME="$temp" exec "$temp/krew" "\$@" \\
  --archive "$PWD/out/kubectl-\${plugin//-/_}_${version}_\${KREW_OS}_\${KREW_ARCH}.tar.gz"
END
chmod +x "$temp/path/kubectl"
export PATH=$temp/path:$PATH

KREW_OS=$(go env GOOS) KREW_ARCH=$(go env GOARCH) KREW_ROOT=$temp/root
export KREW_OS KREW_ARCH KREW_ROOT
for manifest in $manifests; do
  echo "$manifest"
  # krew-index asks for a short description of at most 50 characters.
  awk '/^  shortDescription: / && length($0) > length("  shortDescription: ") + 50 { print "too long: " $0; exit 1 }' "$manifest"
  "$temp/validate-krew-manifest" -manifest "$manifest"

  plugin=$(basename "$manifest" .yaml)
  kubectl krew install --manifest "$manifest"
  linked=$KREW_ROOT/bin/kubectl-${plugin//-/_}
  if [[ $("$linked" --version) != *"$version"* ]]; then
    echo "$linked is not the program that was built"
    exit 1
  fi
done

# Argo CD's component has the version and the checksums of what its init container fetches.
sha256sum=(sha256sum)
command -v sha256sum >/dev/null || sha256sum=(shasum -a 256)
cd out
"${sha256sum[@]}" -c SHA256SUMS argocd/SHA256SUMS
grep -q "VERSION=$version\$" argocd/kustomization.yaml
for program in kubectl-edge kubectl-edge_credential; do
  for arch in amd64 arm64; do
    grep -q "  ${program}_${version}_linux_$arch.tar.gz\$" argocd/SHA256SUMS
  done
done
tar -xzf "kubectl-edge_argocd_$version.tar.gz" -C "$temp"
diff -r argocd "$temp/argocd"
