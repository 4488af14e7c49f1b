package edgecluster

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"

	"github.com/kubectl-edge/kubectl-edge/pkg/edgetoken"
	"github.com/kubectl-edge/kubectl-edge/pkg/hint"
	"github.com/kubectl-edge/kubectl-edge/pkg/plainyaml"
)

// kubeconfig is all that an administrator's kubeconfig may hold, besides what is refused by name.
type kubeconfig struct {
	APIVersion  string          `json:"apiVersion"`
	Kind        string          `json:"kind"`
	Preferences json.RawMessage `json:"preferences"`
	Current     string          `json:"current-context"`
	Clusters    []struct {
		Name    string `json:"name"`
		Cluster struct {
			Server string `json:"server"`
			CAData []byte `json:"certificate-authority-data"`
		} `json:"cluster"`
	} `json:"clusters"`
	Users []struct {
		Name string `json:"name"`
		User struct {
			Certificate []byte `json:"client-certificate-data"`
			Key         []byte `json:"client-key-data"`
			Token       string `json:"token"`
		} `json:"user"`
	} `json:"users"`
	Contexts []struct {
		Name    string `json:"name"`
		Context struct {
			Cluster   string `json:"cluster"`
			User      string `json:"user"`
			Namespace string `json:"namespace"`
		} `json:"context"`
	} `json:"contexts"`
}

// refused are the fields that a kubeconfig from an instance may not have, since they would run a program, read a file
// of this machine, or send the credential elsewhere.
func refused(field string) string {
	switch field {
	case "exec", "auth-provider":
		return "it wants a program to be run (" + field + ")"
	case "insecure-skip-tls-verify":
		return "it wants the server's certificate not to be checked (" + field + ")"
	case "proxy-url":
		return "it wants a proxy (" + field + ")"
	case "certificate-authority", "client-certificate", "client-key", "tokenFile":
		return "it names a file of this machine (" + field + ")"
	case "as", "as-uid", "as-groups", "as-user-extra":
		return "it wants to impersonate somebody (" + field + ")"
	case "username", "password":
		return "it has a password"
	case "tls-server-name":
		return "it wants another name in the server's certificate than the server's (" + field + ")"
	}
	return ""
}

// parseAdministrator reads the kubeconfig of an administrator, which may be anybody's: it is what the secret's writers
// say. It returns the reason why it is not taken, which never quotes a value.
func parseAdministrator(data []byte) (*Administrator, string) {
	document, reason := decode(data)
	if reason != "" {
		return nil, reason
	}
	var k kubeconfig
	decoder := json.NewDecoder(bytes.NewReader(document))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&k); err != nil {
		return nil, "the kubeconfig is not of the form that is known: " + formError(err)
	}
	if len(k.Clusters) != 1 || len(k.Users) != 1 || len(k.Contexts) != 1 {
		return nil, fmt.Sprintf("the kubeconfig has %d clusters, %d users and %d contexts instead of one of each",
			len(k.Clusters), len(k.Users), len(k.Contexts))
	}
	cluster, user, context := k.Clusters[0], k.Users[0].User, k.Contexts[0]
	a := &Administrator{Address: Address{cluster.Cluster.Server, cluster.Cluster.CAData},
		certificate: user.Certificate, key: user.Key, token: user.Token}
	switch {
	case context.Context.Cluster != cluster.Name || context.Context.User != k.Users[0].Name:
		return nil, "the context of the kubeconfig does not name its cluster and its user"
	case k.Current != "" && k.Current != context.Name:
		return nil, "current-context of the kubeconfig does not name its context"
	case !plainServer(a.Server):
		return nil, "the server in the kubeconfig is not a plain https URL"
	}
	if _, err := caHash(a.CAData); err != nil {
		return nil, "certificate-authority-data of the kubeconfig: " + err.Error()
	}
	return a, a.checkCredential()
}

// checkCredential looks at the administrator's certificate and key, or token, without regard to the time.
func (a *Administrator) checkCredential() string {
	hasCertificate, hasKey := len(a.certificate) > 0, len(a.key) > 0
	switch {
	case a.token != "" && (hasCertificate || hasKey):
		return "the kubeconfig has both a certificate and a token"
	case a.token != "":
		if !edgetoken.WellFormed(a.token) {
			return "what the kubeconfig has for a token is not one"
		}
		return ""
	case !hasCertificate && !hasKey:
		return "the kubeconfig has neither a certificate nor a token"
	case !hasCertificate:
		return "half renewed: the kubeconfig has a key without its certificate"
	case !hasKey:
		return "half renewed: the kubeconfig has a certificate without its key"
	}
	block, _ := pem.Decode(a.certificate)
	if block == nil || block.Type != "CERTIFICATE" {
		return "client-certificate-data of the kubeconfig is not a PEM certificate"
	}
	certificate, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		return "client-certificate-data of the kubeconfig is not a certificate"
	}
	if block, _ := pem.Decode(a.key); block == nil || !strings.HasSuffix(block.Type, "PRIVATE KEY") {
		return "client-key-data of the kubeconfig is not a PEM key"
	}
	if _, err := tls.X509KeyPair(a.certificate, a.key); err != nil {
		return "half renewed: certificate and key in the kubeconfig do not belong together"
	}
	a.NotAfter = certificate.NotAfter
	return ""
}

func plainServer(server string) bool {
	u, err := url.Parse(server)
	return err == nil && u.Scheme == "https" && u.Hostname() != "" && u.User == nil && u.RawQuery == "" &&
		!u.ForceQuery && u.Fragment == "" && u.Opaque == "" && plainText(server) &&
		!slices.Contains(strings.Split(u.Path, "/"), "..")
}

// plainText reports whether s has nothing but visible ASCII in it.
func plainText(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return r <= ' ' || r > '~' }) < 0
}

func formError(err error) string {
	if name, found := strings.CutPrefix(err.Error(), "json: unknown field "); found {
		return "unknown field " + name
	}
	if typed, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		return typed.Field + " is not " + typed.Type.String()
	}
	return "it has values of the wrong form" // of base64, for example
}

// decode reads the YAML of a kubeconfig as JSON, without the fields that are refused by name, wherever they stand, and
// without extensions, which are for other programs.
func decode(data []byte) ([]byte, string) {
	var document any
	if err := plainyaml.Unmarshal(data, &document); err != nil {
		return nil, "its kubeconfig is not taken: " + err.Error()
	}
	if reason := strip(document); reason != "" {
		return nil, reason
	}
	encoded, err := json.Marshal(document)
	if err != nil {
		return nil, "its kubeconfig is not taken: " + formError(err)
	}
	return encoded, ""
}

// strip takes out of the document what does not matter, and returns the reason why it is refused, if it is.
func strip(value any) string {
	switch v := value.(type) {
	case map[string]any:
		delete(v, "extensions")
		for _, name := range slices.Sorted(maps.Keys(v)) {
			field := v[name]
			if text, ok := field.(string); ok && !strings.HasSuffix(name, "-data") && hint.Printable(text) != text {
				return "it has control characters in it (" + hint.Printable(name) + ")"
			}
			if reason := refused(name); reason == "" {
			} else if field != nil && field != false {
				return reason
			} else {
				delete(v, name) // said to be none
			}
			if reason := strip(field); reason != "" {
				return reason
			}
		}
	case []any:
		for _, item := range v {
			if reason := strip(item); reason != "" {
				return reason
			}
		}
	}
	return ""
}
