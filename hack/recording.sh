#!/usr/bin/env bash
# Records docs/recording.svg: what the README shows is a real run, in a sandbox with a real kube-apiserver. It uses no file of
# yours.
set -o errexit -o nounset -o pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

if [[ ${1:-} != play ]]; then
  go build -C hack/recording -o "$PWD/out/recording" .
  exec env EDGE_SANDBOX_SERVERS="$(hack/servers.sh)" \
    bin/edge-sandbox up --quiet --local-ui=false -- "${BASH_SOURCE[0]}" play
fi

page=$PWD/docs/recording.svg recording=$PWD/out/recording
cd "$HOME"
cp "$EDGE_SANDBOX_SERVICE_ACCOUNT_KEY" key.json
export KUBECONFIG=~/.kube/config
mkdir -p .kube
edge-sandbox cluster start berlin # it starts when first asked, which nobody wants to watch
"$recording" -o "$page" \
  'kubectl edge login --service-account-key key.json' \
  "kubectl edge config set project-id $EDGE_SANDBOX_PROJECT_ID" \
  'kubectl edge use demo' \
  'kubectl get edgehosts' \
  "kubectl config view --raw -o jsonpath='{.users[0].user.exec.command}'" \
  'kubectl edge use demo/berlin --bind' \
  "kubectl auth whoami -o jsonpath='{.status.userInfo.username}'" \
  'kubectl edge cache list -o custom-columns=CREDENTIAL:.credential,EXPIRES:.expirationTimestamp'
