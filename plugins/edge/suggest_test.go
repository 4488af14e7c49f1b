package edge

import (
	"testing"

	"github.com/kubectl-edge/kubectl-edge/pkg/plugin/plugintest"
)

// TestSuggestions: beginnings and slips of commands, also where nouns have an alias, words of other programs, their
// order, and several readings. More is in the script suggestions.txtar.
func TestSuggestions(t *testing.T) {
	const edge = "did you mean kubectl edge "
	plugintest.Suggests(t, Tree, exitUsage, map[string]string{
		"instanc":                     edge + "instance?",
		"instanc list":                edge + "instance list?",
		"isntance lsit":               edge + "instance list?",
		"INSTANCE List":               edge + "instance list?",
		"inst":                        edge + "install or kubectl edge instance?",
		"inst list":                   edge + "instance list?",
		"profil list":                 edge + "profile list?",
		"kubeconf create demo":        edge + "kubeconfig create demo?",
		"kube":                        edge + "kubeconfig or kubectl edge kuberc?",
		"log":                         edge + "login or kubectl edge logout?",
		"hlep":                        edge + "help?",
		"demo":                        "kubectl edge --help",
		"ns":                          "kubectl edge --help",
		"lsit":                        edge + "instance list?",
		"gte instances":               edge + "instance list?",
		"get instanecs":               edge + "instance list or kubectl edge instance describe instanecs?",
		"list instanc":                edge + "instance list?",
		"get inst":                    edge + "instance list?",
		"get token":                   "kubectl edge token --help",
		"instance gte":                edge + "instance list?",
		"instance d":                  edge + "instance delete or kubectl edge instance describe?",
		"show status":                 edge + "status?",
		"instance-list":               edge + "instance list?",
		"list-instances":              edge + "instance list?",
		"instancelist":                edge + "instance list?",
		"kubeconfig-create demo":      edge + "kubeconfig create demo?",
		"use-profile work":            edge + "profile use work?",
		"install-completion":          edge + "completion install?",
		"set config":                  edge + "config set?",
		"access-token":                edge + "auth print-access-token?",
		"auth token":                  edge + "auth print-access-token?",
		"argocd cluster":              edge + "argocd cluster-secret?",
		"convrt":                      edge + "kubeconfig convert?",
		"talosctl":                    edge + "talos?",
		"contexts":                    edge + "use?",
		"get contexts":                edge + "use?",
		"dashboard":                   edge + "ui?",
		"completion bsh":              edge + "completion bash or kubectl edge completion zsh?",
		"help instanc":                edge + "instance?",
		"help instance lsit":          edge + "instance list?",
		"aply -f x":                   "did you mean kubectl apply? Without edge it is kubectl's own command",
		"cluster-inf":                 "did you mean kubectl cluster-info? Without edge it is kubectl's own command",
		"instance list --projct-id x": "did you mean --project-id? See kubectl edge instance list --help",
		"instance list --outptu json": "did you mean --output? See kubectl edge instance list --help",
		"instance list --format json": "did you mean --output? See kubectl edge instance list --help",
		"instance list -output json":  "did you mean --output?",
		"instance list -region eu01":  "did you mean --region? See kubectl edge instance list --help",
		"token create --ttl 1h":       "did you mean --expiration? See kubectl edge token create --help",
		"-help":                       "did you mean --help? See kubectl edge --help",
		"--hlep":                      "did you mean --help? See kubectl edge --help",
	})
}
