package edgeclusters

import (
	"encoding/base64"

	"sigs.k8s.io/yaml"
)

// kubeconfig is one as Talos writes them: with one cluster, one user and one context.
type kubeconfig struct {
	cluster, user, context map[string]any
	name, userName         string
}

func plain(name, server, ca, userName string, user map[string]any) *kubeconfig {
	return &kubeconfig{
		name: name, userName: userName,
		cluster: map[string]any{"server": server, "certificate-authority-data": encoded(ca)},
		user:    user,
		context: map[string]any{"cluster": name, "namespace": "default", "user": userName},
	}
}

func encoded(text string) string { return base64.StdEncoding.EncodeToString([]byte(text)) }

func certificateUser(p pair) map[string]any {
	return map[string]any{"client-certificate-data": encoded(p.Cert), "client-key-data": encoded(p.Key)}
}

// members are the kubeconfig's, for those who change them.
func (k *kubeconfig) members() map[string]any {
	return map[string]any{
		"apiVersion":      "v1",
		"kind":            "Config",
		"clusters":        []any{map[string]any{"name": k.name, "cluster": k.cluster}},
		"users":           []any{map[string]any{"name": k.userName, "user": k.user}},
		"contexts":        []any{map[string]any{"name": k.userName, "context": k.context}},
		"current-context": k.userName,
	}
}

func (k *kubeconfig) text() (string, error) {
	data, err := yaml.Marshal(k.members())
	return string(data), err
}
