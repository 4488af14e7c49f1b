package execcredential_test

import (
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/pkg/apis/clientauthentication"
	"k8s.io/client-go/pkg/apis/clientauthentication/v1"
	"k8s.io/client-go/pkg/apis/clientauthentication/v1beta1"

	"github.com/kubectl-edge/kubectl-edge/pkg/execcredential"
)

// What client-go's encoder writes, as its exec plugin calls it, is recognised, with a cluster and without.
func TestFromClientGo(t *testing.T) {
	for _, cluster := range []*clientauthentication.Cluster{
		nil,
		{Server: "https://demo.example"},
		{
			Server: "https://demo.example/?a=<b>&c", TLSServerName: "demo", InsecureSkipTLSVerify: true,
			CertificateAuthorityData: []byte("-----BEGIN"), ProxyURL: "socks5://proxy", DisableCompression: true,
			Config: &runtime.Unknown{Raw: []byte(`{"audience":"a<b","n":[1,2.0]}`),
				ContentType: runtime.ContentTypeJSON},
		},
	} {
		for _, interactive := range []bool{true, false} {
			for _, version := range []runtime.GroupVersioner{v1.SchemeGroupVersion, v1beta1.SchemeGroupVersion} {
				said, err := runtime.Encode(codecs().EncoderForVersion(encoder(t), version),
					&clientauthentication.ExecCredential{
						Spec: clientauthentication.ExecCredentialSpec{Interactive: interactive, Cluster: cluster},
					})
				if err != nil {
					t.Fatal(err)
				}
				if !execcredential.FromClientGo(string(said)) {
					t.Errorf("not recognised: %q", said)
				}
			}
		}
	}
}

func encoder(t *testing.T) runtime.Encoder {
	t.Helper()
	info, ok := runtime.SerializerInfoForMediaType(codecs().SupportedMediaTypes(), runtime.ContentTypeJSON)
	if !ok {
		t.Fatal("there is no encoder for JSON")
	}
	return info.Serializer
}

// As printed by programs with other versions of client-go, and by clients that are not client-go.
func TestFromClientGoSaid(t *testing.T) {
	const v1Plain = `{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1",` +
		`"spec":{"interactive":false}}`
	for name, tc := range map[string]struct {
		said string
		want bool
	}{
		"0.20": {`{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1beta1",` +
			`"spec":{}}` + "\n", true},
		"0.22, 0.26, 0.30 … 0.37": {v1Plain + "\n", true},
		"0.22 with a cluster": {`{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1",` +
			`"spec":{"cluster":` +
			`{"server":"https://x","certificate-authority-data":"LS0t","config":null},"interactive":true}}` + "\n",
			true},

		"nothing": {"", false},
		"kube-rs": {v1Plain, false},
		"Python": {`{"apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential", ` +
			`"spec": {"interactive": false}}`, false},
		"client-node": {`{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential",` +
			`"spec":{"interactive":false}}`, false},
		"fabric8": {`{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential",` +
			`"spec":{"interactive":false}}`, false},
		"with cluster, another " +
			"order": {`{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1","spec":` +
			`{"interactive":true,"cluster":{"server":"https://x","config":null}}}` + "\n", false},
		"with more": {strings.Replace(v1Plain, `"spec"`, `"status":{},"spec"`, 1) + "\n", false},
		"twice":     {v1Plain + "\n" + v1Plain + "\n", false},
		"spaced":    {strings.Replace(v1Plain, ":", ": ", 1) + "\n", false},
	} {
		t.Run(name, func(t *testing.T) {
			if got := execcredential.FromClientGo(tc.said); got != tc.want {
				t.Errorf("got %v", got)
			}
		})
	}
}
