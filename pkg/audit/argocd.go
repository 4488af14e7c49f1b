package audit

import (
	"bytes"
	"strings"

	"go.yaml.in/yaml/v4"

	"github.com/kubectl-edge/kubectl-edge/pkg/yamledit"
)

// Argo CD keeps what a user and a cluster of a kubeconfig are in the key "config" of a Secret for each cluster, as a
// document of JSON of its own form (declarative setup, "Clusters"). It opens the cluster as a kubeconfig does.

// argoKeys are only in such a document. Argo CD writes tlsClientConfig into each, which sets one
// with a user name and a password apart from those of other programs.
var argoKeys = [][]byte{[]byte(`"bearerToken"`), []byte(`"tlsClientConfig"`), []byte(`"execProviderConfig"`),
	[]byte(`"awsAuthConfig"`)}

// looksLikeArgoCluster reports whether a text is such a document.
func looksLikeArgoCluster(data []byte) bool {
	if begin := bytes.TrimLeft(data, " \t\r\n"); len(begin) == 0 || begin[0] != '{' {
		return false
	}
	for _, key := range argoKeys {
		if bytes.Contains(data, key) {
			return true
		}
	}
	return false
}

// argoUser is the user of a kubeconfig that such a document stands for; nil if it is not one. The values are the
// document's own.
func argoUser(root *yaml.Node) *yaml.Node {
	if yamledit.Get(root, "users") != nil || yamledit.Get(root, "clusters") != nil {
		return nil
	}
	user := &yaml.Node{Kind: yaml.MappingNode}
	take := func(from *yaml.Node, key, as string) {
		if value := yamledit.Get(from, key); value != nil {
			user.Content = append(user.Content, &yaml.Node{Kind: yaml.ScalarNode, Value: as, Line: value.Line}, value)
		}
	}
	take(root, "bearerToken", "token")
	take(root, "username", "username")
	take(root, "password", "password")
	if tls := yamledit.Get(root, "tlsClientConfig"); tls != nil {
		take(yamledit.Resolve(tls), "certData", "client-certificate-data")
		take(yamledit.Resolve(tls), "keyData", "client-key-data")
	}
	take(root, "execProviderConfig", "exec")
	if len(user.Content) == 0 {
		return nil
	}
	return user
}

// argoField is what Argo CD calls a field of its user.
func argoField(field string) string {
	switch field {
	case "token":
		return "bearerToken"
	case "client-key-data":
		return "tlsClientConfig.keyData"
	case "client-certificate-data":
		return "tlsClientConfig.certData"
	}
	if rest, exec := strings.CutPrefix(field, "exec."); exec {
		return "execProviderConfig." + rest
	}
	return field
}
