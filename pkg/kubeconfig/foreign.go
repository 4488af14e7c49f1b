package kubeconfig

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/url"
	"slices"
	"strings"

	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/client-go/tools/clientcmd/api"

	"github.com/kubectl-edge/kubectl-edge/pkg/hint"
)

// Foreign is what a kubeconfig says that comes from elsewhere, such as an API's answer or a secret that others can
// write: where its current context leads to, and with what. Nothing else of it is used.
type Foreign struct {
	Server           string
	CAData           []byte // PEM, as it stands there
	Namespace        string
	Certificate, Key []byte // PEM, as they stand there
	Token            string
}

// Format hides the credential from every verb of package fmt.
func (f Foreign) Format(s fmt.State, _ rune) { _, _ = io.WriteString(s, "kubeconfig for "+f.Server) }

// ReadForeign reads a decoded kubeconfig as kubectl would, which ignores what it does not know. It refuses what would
// have a reader run a program, read a file of this machine, send the credential elsewhere, or show what a terminal
// obeys. The error never quotes a value.
func ReadForeign(document any) (Foreign, error) {
	if _, ok := document.(map[string]any); !ok {
		return Foreign{}, errors.New("what is there is not a kubeconfig")
	}
	if err := harmless(document); err != nil {
		return Foreign{}, err
	}
	data, err := json.Marshal(document)
	if err != nil {
		return Foreign{}, errForm
	}
	config, err := clientcmd.Load(data)
	if err != nil { // its text has values in it, such as all of a list with a name twice
		return Foreign{}, errForm
	}
	return current(config)
}

var errForm = errors.New("kubectl could not read the kubeconfig: a value is of another kind, or not in base64, or " +
	"a name is there twice")

// current is what the current context says, or the only one where none is named.
func current(config *api.Config) (Foreign, error) {
	name := config.CurrentContext
	if name == "" {
		if len(config.Contexts) != 1 {
			return Foreign{}, fmt.Errorf("the kubeconfig has %d contexts, and no current-context that names one",
				len(config.Contexts))
		}
		for only := range config.Contexts {
			name = only
		}
	}
	context := config.Contexts[name]
	if context == nil {
		return Foreign{}, errors.New("current-context of the kubeconfig does not name a context of it")
	}
	cluster, user := config.Clusters[context.Cluster], config.AuthInfos[context.AuthInfo]
	switch {
	case cluster == nil:
		return Foreign{}, errors.New("the context of the kubeconfig does not name a cluster of it")
	case user == nil:
		return Foreign{}, errors.New("the context of the kubeconfig does not name a user of it")
	}
	f := Foreign{Server: cluster.Server, CAData: cluster.CertificateAuthorityData, Namespace: context.Namespace,
		Certificate: user.ClientCertificateData, Key: user.ClientKeyData, Token: user.Token}
	// Also without https://, which client-go puts there if there are authorities.
	if f.Server != "" && !strings.Contains(f.Server, "://") {
		f.Server = "https://" + f.Server
	}
	if !plainServer(f.Server) {
		return Foreign{}, errors.New("the server in the kubeconfig is not a plain https URL")
	}
	return f, nil
}

func plainServer(server string) bool {
	u, err := url.Parse(server)
	return err == nil && u.Scheme == "https" && u.Hostname() != "" && u.User == nil && u.RawQuery == "" &&
		!u.ForceQuery && u.Fragment == "" && !strings.HasSuffix(server, "#") &&
		strings.IndexFunc(server, func(r rune) bool { return r <= ' ' || r > '~' }) < 0 &&
		!slices.Contains(strings.Split(u.Path, "/"), "..")
}

// refused says why a field may not be set, or "".
func refused(field string) string {
	switch field {
	case "exec", "auth-provider":
		return "it wants a program to be run"
	case "insecure-skip-tls-verify":
		return "it wants the server's certificate not to be checked"
	case "proxy-url":
		return "it wants a proxy"
	case "certificate-authority", "client-certificate", "client-key", "tokenFile":
		return "it names a file of this machine"
	case "as", "as-uid", "as-groups", "as-user-extra":
		return "it wants to impersonate somebody"
	case "username", "password":
		return "it has a password"
	case "tls-server-name":
		return "it wants another name in the server's certificate than the server's"
	}
	return ""
}

// harmless refuses what is dangerous, wherever it stands, and takes extensions out, which are for other programs.
func harmless(value any) error {
	switch v := value.(type) {
	case map[string]any:
		delete(v, "extensions")
		for _, name := range slices.Sorted(maps.Keys(v)) {
			field := v[name]
			if reason := refused(name); reason != "" && !unset(field) {
				return fmt.Errorf("%s (%s)", reason, name)
			} else if reason != "" {
				delete(v, name)
				continue
			}
			// Those who take a token look at all of its form.
			data := strings.HasSuffix(name, "-data") || name == "token"
			if text, ok := field.(string); ok && !data && hint.Printable(text) != text {
				return fmt.Errorf("it has control characters in it (%.80s)", hint.Printable(name))
			}
			if err := harmless(field); err != nil {
				return err
			}
		}
	case []any:
		for _, item := range v {
			if err := harmless(item); err != nil {
				return err
			}
		}
	}
	return nil
}

// unset reports whether a field is there to say that it has no value, as some programs write all that they know.
func unset(value any) bool {
	switch v := value.(type) {
	case nil:
		return true
	case bool:
		return !v
	case string:
		return v == ""
	case []any:
		return len(v) == 0
	case map[string]any:
		return len(v) == 0
	}
	return false
}
