#!/bin/bash
# What a person does with a fresh install, in the sandbox that hack/release-test.sh starts: with kubectl, and nothing else.
set -o errexit -o nounset -o pipefail

fail() {
  printf 'error: %s\n' "$*" >&2
  exit 1
}
if command -v go || command -v git; then
  fail "this machine has more than a shell"
fi

for said in "$(kubectl edge version)" "$(kubectl sts version)" "$(kubectl-edge_credential --version)"; do
  [[ $said == *"$VERSION"* ]] || fail "not version $VERSION: $said"
done

# Completion, as bash does it when Tab is pressed behind: kubectl edge instance li
# shellcheck disable=SC1090,SC1091
source /usr/share/bash-completion/bash_completion
# shellcheck disable=SC1090
source <(kubectl completion bash)
compopt() { :; } # bash has it only while it completes
complete_line() {
  COMP_LINE=$1 COMP_POINT=${#1} COMP_TYPE=9 COMP_KEY=9 COMPREPLY=()
  read -ra COMP_WORDS <<<"$1"
  [[ $1 == *' ' ]] && COMP_WORDS+=('')
  COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
  "$(complete -p "${COMP_WORDS[0]}" | sed 's/.*-F \([^ ]*\) .*/\1/')"
  printf '%s\n' "${COMPREPLY[*]:-nothing}"
}
set +o errexit +o nounset # completion functions are not written for these
[[ $(complete_line 'kubectl edge inst') == *instance* ]] || fail "kubectl edge inst: $(complete_line 'kubectl edge inst')"
[[ $(complete_line 'kubectl sts service-to') == *service-token* ]] || fail "kubectl sts service-to"
if [[ -n $PACKAGED ]]; then
  # shellcheck disable=SC1091
  source /usr/share/bash-completion/completions/kubectl-edge
  [[ $(complete_line 'kubectl-edge inst') == *instance* ]] || fail "kubectl-edge inst"
  [[ -s /usr/share/man/man1/kubectl-edge.1.gz ]] || fail "no man page"
  [[ -s /usr/share/doc/kubectl-edge/THIRD_PARTY_LICENSES.txt ]] || fail "no licences"
fi
set -o errexit -o nounset

kubectl edge login --service-account-key "$EDGE_SANDBOX_SERVICE_ACCOUNT_KEY"
project=$(kubectl edge project list --parent-id "$EDGE_SANDBOX_PARENT_ID" -o 'jsonpath={.items[0].projectId}')
kubectl edge config set project-id "$project"
kubectl edge kubeconfig create --name demo --switch-context
if grep -q 'token:' "$KUBECONFIG"; then
  fail "the kubeconfig has a token in it"
fi
kubectl auth whoami
kubectl get edgehosts
# Once more, as somebody whose cache is empty: the helper has to find kubectl-edge and mint.
kubectl edge cache clean
kubectl get edgehosts
if [[ -x /opt/sandbox/kube-controller-manager ]]; then
  /opt/sandbox/edge-sandbox cluster start berlin # it starts when first asked, which takes a busy machine longer than a client waits
  kubectl edge use demo/berlin --bind
  [[ $(kubectl auth whoami) == *kubectl-edge:view* ]] || fail "the edge cluster does not know the group"
fi
