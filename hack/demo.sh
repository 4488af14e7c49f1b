#!/usr/bin/env bash
# Plays the command-line workflow of STACKIT Edge Cloud's documentation with kubectl edge, in a sandbox on this machine: a
# STACKIT that is local, and a real etcd, kube-apiserver and kubectl. It uses no file of yours and leaves nothing running.
set -o errexit -o nounset -o pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

if [[ ${1:-} != play ]]; then
  servers=$(hack/find-servers.sh)
  exec env EDGE_SANDBOX_SERVERS="$servers" bin/edge-sandbox up --local-ui=false -- "${BASH_SOURCE[0]}" play
fi

if [[ -t 1 && -z ${NO_COLOR:-} ]]; then bold=$'\e[1m' dim=$'\e[2m' plain=$'\e[0m'; else bold='' dim='' plain=''; fi
title() { printf '\n%s# %s%s\n' "$dim" "$1" "$plain"; }
run() { # a command line, shown as it is typed, then run
  printf '%s$ %s%s\n' "$bold" "$1" "$plain"
  eval "$1"
}

cd "$(dirname "$KUBECONFIG")"
key=$(basename "$EDGE_SANDBOX_SERVICE_ACCOUNT_KEY")
PARENT_FOLDER=$EDGE_SANDBOX_PARENT_ID
PROJECT_NAME=YOUR-PROJECT

title 'Log in to STACKIT with the key of a service account. It is kept sealed, outside of any kubeconfig.'
run "kubectl edge login --service-account-key $key"

title 'Find the project by its parent folder and its name, and work with it from now on.'
run "PARENT_FOLDER=$PARENT_FOLDER PROJECT_NAME=$PROJECT_NAME"
run 'kubectl edge project list --parent-id $PARENT_FOLDER --name $PROJECT_NAME'
run 'PROJECT_ID=$(kubectl edge project list --parent-id $PARENT_FOLDER --name $PROJECT_NAME -o jsonpath={.items[*].projectId})'
run 'kubectl edge config set project-id $PROJECT_ID'

title 'List the Edge Cloud instances.'
run 'kubectl edge instance list'

title 'Create the kubeconfig of one of them.'
run 'kubectl edge kubeconfig create --name demo'

title 'Use it: kubectl asks the credential helper, the API server checks the token.'
run 'kubectl auth whoami'
run 'kubectl get edgehosts'

title 'Again. The token comes from the cache.'
run 'kubectl get edgehosts'

title 'A token for a machine that cannot call the helper.'
run 'TOKEN=$(kubectl edge token create --name demo --expiration 1d)'
run 'SERVER=$(kubectl config view --minify -o jsonpath={.clusters[0].cluster.server})'
# The header goes to curl through a pipe: arguments can be read by every user of a machine.
run 'printf "Authorization: Bearer %s" $TOKEN | curl --silent --cacert $EDGE_SANDBOX_CA --header @- $SERVER/apis/edge.stackit.cloud/v1alpha1 | head -n 8'

title 'What kubectl edge wrote: an exec user, and no secret.'
run 'kubectl config view --raw'

# The servers of an edge cluster start when it is first asked: on a busy machine that takes longer than a TLS handshake.
edge-sandbox cluster start berlin

title 'The edge clusters that the instance manages.'
run 'kubectl edge cluster list --name demo'

title 'Work with one: a certificate for an hour instead of the administrator'"'"'s for a year, with a name on it, and no more rights than asked for.'
run 'kubectl edge use demo/berlin --bind'
run 'kubectl auth whoami'
run 'kubectl get pods -A'
run 'kubectl create configmap line || echo "view only looks"'

title 'How many tokens STACKIT was asked for: one to write the kubeconfig, which kubectl then used, and one for the machine.'
run 'edge-sandbox stats'
