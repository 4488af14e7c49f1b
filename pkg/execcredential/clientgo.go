package execcredential

import (
	"bytes"
	"encoding/json"
	"strings"
)

// FromClientGo reports whether client-go wrote value, the content of Variable, itself: whether it is byte for byte what
// its encoder writes, in which fields have the order of their Go types, and a line break ends the text. Others write
// the same document in another order, with spaces, or without that line break: Python's client, fabric8 (Java),
// @kubernetes/client-node and kube-rs among them.
//
// It matters because only client-go asks a second time within one process because a server refused the token. Others
// ask for every load of a kubeconfig.
func FromClientGo(value string) bool {
	if _, ok := parsePlain(value); ok {
		return strings.HasSuffix(value, "\n")
	}
	var d clientGoDocument
	decoder := json.NewDecoder(strings.NewReader(value))
	decoder.DisallowUnknownFields()
	if decoder.Decode(&d) != nil || d.Kind != kind || d.APIVersion != v1 && d.APIVersion != v1beta1 {
		return false
	}
	var again bytes.Buffer
	return json.NewEncoder(&again).Encode(d) == nil && again.String() == value
}

// clientGoDocument has the fields of client-go's ExecCredential in their order, which is the same in v1 and v1beta1 and
// in all versions since 0.22. Before, there was no interactive; disable-compression came with 0.25.
type clientGoDocument struct {
	Kind       string `json:"kind,omitempty"`
	APIVersion string `json:"apiVersion,omitempty"`
	Spec       struct {
		Cluster     *clientGoCluster `json:"cluster,omitempty"`
		Interactive *bool            `json:"interactive,omitempty"`
	} `json:"spec"`
}

type clientGoCluster struct {
	Server                   string          `json:"server"`
	TLSServerName            string          `json:"tls-server-name,omitempty"`
	InsecureSkipTLSVerify    bool            `json:"insecure-skip-tls-verify,omitempty"`
	CertificateAuthorityData []byte          `json:"certificate-authority-data,omitempty"`
	ProxyURL                 string          `json:"proxy-url,omitempty"`
	DisableCompression       bool            `json:"disable-compression,omitempty"`
	Config                   json.RawMessage `json:"config"` // null without one
}
