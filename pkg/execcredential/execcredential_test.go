package execcredential_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"k8s.io/client-go/pkg/apis/clientauthentication"
	"k8s.io/client-go/pkg/apis/clientauthentication/install"

	"github.com/kubectl-edge/kubectl-edge/pkg/execcredential"
)

// codecs are client-go's own, made as its exec plugin makes them.
func codecs() serializer.CodecFactory {
	scheme := runtime.NewScheme()
	install.Install(scheme)
	return serializer.NewCodecFactory(scheme, serializer.EnableStrict)
}

func TestAnswerDecodesWithClientGo(t *testing.T) {
	const token, expires = "header.payload.signature", "2031-02-03T04:05:06Z"
	for name, tc := range map[string]struct{ info, version string }{
		"absent": {"", "v1"},
		"as client-go writes it": {`{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1",` +
			`"spec":{"interactive":true}}`, "v1"},
		"as client-go writes beta": {`{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1beta1",` +
			`"spec":{"interactive":true}}`, "v1beta1"},
		"v1": {`{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential",` +
			`"spec":{"interactive":true}}`, "v1"},
		"v1beta1": {`{"apiVersion":"client.authentication.k8s.io/v1beta1","kind":"ExecCredential",` +
			`"spec":{"interactive":true,"cluster":{"server":"https://x","config":{"a":1}}}}`, "v1beta1"},
	} {
		t.Run(name, func(t *testing.T) {
			info, err := execcredential.ParseInfo(tc.info)
			if err != nil {
				t.Fatal(err)
			}
			if want := tc.info != ""; info.Present != want || info.Interactive != want {
				t.Errorf("got present %v, interactive %v, want %v for both", info.Present, info.Interactive, want)
			}
			at, err := time.Parse(time.RFC3339, expires)
			if err != nil {
				t.Fatal(err)
			}
			var out bytes.Buffer
			if err := info.Write(&out, execcredential.Credential{Token: token}, at.In(time.FixedZone("elsewhere",
				3600)).Add(400*time.Millisecond)); err != nil {
				t.Fatal(err)
			}
			if got := strings.Count(out.String(), "\n"); got != 1 {
				t.Errorf("got %d lines, want 1", got)
			}
			object, gvk, err := codecs().UniversalDecoder(clientauthentication.SchemeGroupVersion).Decode(out.Bytes(),
				nil, nil)
			if err != nil {
				t.Fatalf("client-go cannot decode %s: %v", out.String(), err)
			}
			if gvk.GroupVersion().String() != "client.authentication.k8s.io/"+tc.version {
				t.Errorf("got %s, want version %s", gvk, tc.version)
			}
			status := object.(*clientauthentication.ExecCredential).Status
			if status == nil || status.Token != token || status.ExpirationTimestamp == nil ||
				!status.ExpirationTimestamp.Time.Equal(at) || status.ClientKeyData != "" ||
				status.ClientCertificateData != "" {
				t.Errorf("got status %+v", status)
			}
		})
	}
}

func TestCertificateDecodesWithClientGo(t *testing.T) {
	for _, c := range []execcredential.Credential{
		{Certificate: "-----BEGIN CERTIFICATE-----\nMIIB+/==\n-----END CERTIFICATE-----\n",
			PrivateKey: "-----BEGIN PRIVATE KEY-----\nMIGH\n-----END PRIVATE KEY-----\n"},
		{Certificate: "without a line break at its end", PrivateKey: "\n\n"},
		{Certificate: "what is \\ \"not\"\r\nPEM", PrivateKey: "ü\x00"},
	} {
		info, err := execcredential.ParseInfo("")
		if err != nil {
			t.Fatal(err)
		}
		var out bytes.Buffer
		if err := info.Write(&out, c, time.Unix(1e9, 0)); err != nil {
			t.Fatal(err)
		}
		object, _, err := codecs().UniversalDecoder(clientauthentication.SchemeGroupVersion).Decode(out.Bytes(), nil,
			nil)
		if err != nil {
			t.Fatalf("client-go cannot decode %s: %v", out.String(), err)
		}
		status := object.(*clientauthentication.ExecCredential).Status
		if status.ClientCertificateData != c.Certificate || status.ClientKeyData != c.PrivateKey ||
			status.Token != "" || status.ExpirationTimestamp == nil || strings.Count(out.String(), "\n") != 1 {
			t.Errorf("%+v becomes %s", c, out.String())
		}
	}
}

func TestParseInfoRefuses(t *testing.T) {
	for name, value := range map[string]string{
		"garbage":       "certainly not JSON",
		"cut":           `{"apiVersion":"client.authentication.k8s.io/v1"`,
		"two documents": `{"apiVersion":"client.authentication.k8s.io/v1"} {}`,
		"wrong types":   `{"apiVersion":1}`,
		"array":         `[]`,
		"other kind":    `{"apiVersion":"client.authentication.k8s.io/v1","kind":"Pod"}`,
		"no version":    `{"kind":"ExecCredential"}`,
		"v1alpha1":      `{"apiVersion":"client.authentication.k8s.io/v1alpha1","kind":"ExecCredential"}`,
		"other group":   `{"apiVersion":"apps/v1","kind":"ExecCredential"}`,
	} {
		t.Run(name, func(t *testing.T) {
			_, err := execcredential.ParseInfo(value)
			if err == nil || !strings.Contains(err.Error(), execcredential.Variable) {
				t.Errorf("got error %v, want one that names %s", err, execcredential.Variable)
			}
		})
	}
}

func TestWriteQuotesAnyToken(t *testing.T) {
	for _, token := range []string{"a.b-c_d~e+f/g=", `quote " and \ and`, "line\nbreak", "ümlaut", "\x00"} {
		info, err := execcredential.ParseInfo("")
		if err != nil {
			t.Fatal(err)
		}
		var out bytes.Buffer
		if err := info.Write(&out, execcredential.Credential{Token: token}, time.Unix(1e9, 0)); err != nil {
			t.Fatal(err)
		}
		object, _, err := codecs().UniversalDecoder(clientauthentication.SchemeGroupVersion).Decode(out.Bytes(), nil,
			nil)
		if err != nil || object.(*clientauthentication.ExecCredential).Status.Token != token {
			t.Errorf("%q: wrote %s, %v", token, out.String(), err)
		}
	}
}

func TestWriteReportsFailure(t *testing.T) {
	full := errors.New("full")
	err := execcredential.Info{}.Write(failingWriter{full}, execcredential.Credential{Token: "secret-token"},
		time.Now())
	if !errors.Is(err, full) || strings.Contains(err.Error(), "secret-token") {
		t.Errorf("got %v", err)
	}
}

type failingWriter struct{ err error }

func (w failingWriter) Write([]byte) (int, error) { return 0, w.err }

func FuzzParseInfo(f *testing.F) {
	f.Add(`{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","spec":{"interactive":true}}`)
	f.Add("")
	f.Add(`{"spec":{"interactive":{}}}`)
	f.Fuzz(func(t *testing.T, value string) {
		info, err := execcredential.ParseInfo(value)
		if err != nil {
			return
		}
		var out bytes.Buffer
		if err := info.Write(&out, execcredential.Credential{Token: "token"}, time.Unix(1e9, 0)); err != nil {
			t.Fatal(err)
		}
		if _, _, err := codecs().UniversalDecoder(clientauthentication.SchemeGroupVersion).Decode(out.Bytes(), nil,
			nil); err != nil {
			t.Errorf("accepted %q, but client-go cannot decode the answer: %v", value, err)
		}
	})
}
