package kubeconfig

import (
	"bytes"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net/url"

	clientauthentication "k8s.io/client-go/pkg/apis/clientauthentication/v1"
	"k8s.io/client-go/tools/clientcmd/api"

	"github.com/kubectl-edge/kubectl-edge/pkg/tokenrequest"
)

// Entry is what a kubeconfig says about one cluster: a cluster, a user and a context, all three of the same name.
type Entry struct {
	Name      string
	Server    string // URL of the API server
	CAData    []byte // PEM; empty means the system's roots
	Namespace string // "" leaves the choice to kubectl, or to the context that is there already
	User      *api.AuthInfo
}

// Put writes e into config. What the entries of this name hold beyond it, such as extensions and a proxy, stays; what
// contradicts it, such as a CA file or an embedded token, goes.
func (e Entry) Put(config *api.Config) {
	cluster := api.NewCluster()
	if old := config.Clusters[e.Name]; old != nil {
		cluster = old.DeepCopy()
	}
	cluster.Server, cluster.CertificateAuthorityData = e.Server, e.CAData
	cluster.CertificateAuthority, cluster.TLSServerName, cluster.InsecureSkipTLSVerify = "", "", false
	config.Clusters[e.Name] = cluster

	user := e.User.DeepCopy()
	if old := config.AuthInfos[e.Name]; old != nil {
		user.LocationOfOrigin, user.Extensions = old.LocationOfOrigin, old.Extensions
	}
	config.AuthInfos[e.Name] = user

	context := api.NewContext()
	if old := config.Contexts[e.Name]; old != nil {
		context = old.DeepCopy()
	}
	context.Cluster, context.AuthInfo = e.Name, e.Name
	if e.Namespace != "" {
		context.Namespace = e.Namespace
	}
	config.Contexts[e.Name] = context
}

// Remove takes the contexts of these names out of config, with their clusters and users unless another context uses
// them, and clears current-context if it names one of them. It returns the names of the contexts that were there.
func Remove(config *api.Config, names ...string) (removed []string) {
	clusters, users := map[string]bool{}, map[string]bool{}
	for _, name := range names {
		context := config.Contexts[name]
		if context == nil {
			continue
		}
		clusters[context.Cluster], users[context.AuthInfo] = true, true
		delete(config.Contexts, name)
		removed = append(removed, name)
		if config.CurrentContext == name {
			config.CurrentContext = ""
		}
	}
	for _, context := range config.Contexts {
		delete(clusters, context.Cluster)
		delete(users, context.AuthInfo)
	}
	for name := range clusters {
		delete(config.Clusters, name)
	}
	for name := range users {
		delete(config.AuthInfos, name)
	}
	return removed
}

// ExecUser is a user whose credential comes from our helper, called with args. InstallHint is shown by kubectl when the
// helper is missing.
func ExecUser(args []string, installHint string) *api.AuthInfo {
	user := api.NewAuthInfo()
	user.Exec = &api.ExecConfig{
		APIVersion:         clientauthentication.SchemeGroupVersion.String(),
		Command:            tokenrequest.Helper,
		Args:               args,
		InstallHint:        installHint,
		InteractiveMode:    api.IfAvailableExecInteractiveMode,
		ProvideClusterInfo: false,
	}
	return user
}

// apiKubeconfig is all that a kubeconfig from the API may hold. Every other field is refused, so that a command, a
// proxy or a client key never reaches the person's kubeconfig without their knowing.
type apiKubeconfig struct {
	APIVersion  string          `json:"apiVersion"`
	Kind        string          `json:"kind"`
	Preferences json.RawMessage `json:"preferences"`
	Current     string          `json:"current-context"`
	Clusters    []struct {
		Name    string `json:"name"`
		Cluster struct {
			Server   string          `json:"server"`
			CAData   []byte          `json:"certificate-authority-data"`
			Insecure bool            `json:"insecure-skip-tls-verify"`
			Ignored  json.RawMessage `json:"extensions"`
		} `json:"cluster"`
	} `json:"clusters"`
	Users []struct {
		Name string `json:"name"`
		User struct {
			Token   string          `json:"token"`
			Ignored json.RawMessage `json:"extensions"`
		} `json:"user"`
	} `json:"users"`
	Contexts []struct {
		Name    string `json:"name"`
		Context struct {
			Cluster   string          `json:"cluster"`
			User      string          `json:"user"`
			Namespace string          `json:"namespace"`
			Ignored   json.RawMessage `json:"extensions"`
		} `json:"context"`
	} `json:"contexts"`
	Ignored json.RawMessage `json:"extensions"`
}

// FromAPI reads the kubeconfig object that the Edge API answers: one cluster, one context and one user with a token.
// The entry has neither name nor user yet; the token is for the cache alone. Anything else in the object is an error,
// which names the field and never quotes a value.
func FromAPI(object []byte) (entry Entry, token string, err error) {
	entry, token, err = fromAPI(object)
	if err != nil {
		return Entry{}, "", fmt.Errorf("read kubeconfig from the API: %w", err)
	}
	return entry, token, nil
}

func fromAPI(object []byte) (Entry, string, error) {
	var k apiKubeconfig
	decoder := json.NewDecoder(bytes.NewReader(object))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&k); err != nil {
		return Entry{}, "", err
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return Entry{}, "", errors.New("data after the JSON object")
	}
	if len(k.Clusters) != 1 || len(k.Users) != 1 || len(k.Contexts) != 1 {
		return Entry{}, "", fmt.Errorf("%d clusters, %d users and %d contexts, want one of each", len(k.Clusters),
			len(k.Users), len(k.Contexts))
	}
	cluster, user, context := k.Clusters[0], k.Users[0], k.Contexts[0]
	switch {
	case context.Context.Cluster != cluster.Name || context.Context.User != user.Name:
		return Entry{}, "", errors.New("the context does not name the cluster and the user")
	case k.Current != "" && k.Current != context.Name:
		return Entry{}, "", errors.New("current-context does not name the context")
	case cluster.Cluster.Insecure:
		return Entry{}, "", errors.New("insecure-skip-tls-verify is set")
	case user.User.Token == "":
		return Entry{}, "", errors.New("the user has no token")
	}
	if err := checkServer(cluster.Cluster.Server); err != nil {
		return Entry{}, "", err
	}
	if err := checkCA(cluster.Cluster.CAData); err != nil {
		return Entry{}, "", err
	}
	entry := Entry{Server: cluster.Cluster.Server, CAData: cluster.Cluster.CAData, Namespace: context.Context.Namespace}
	return entry, user.User.Token, nil
}

func checkServer(server string) error {
	u, err := url.Parse(server)
	if err != nil || u.Scheme != "https" || u.Hostname() == "" || u.User != nil || u.RawQuery != "" ||
		u.Fragment != "" {
		return errors.New("the server is not a plain https URL")
	}
	return nil
}

func checkCA(data []byte) error {
	for rest := bytes.TrimSpace(data); len(rest) > 0; rest = bytes.TrimSpace(rest) {
		var block *pem.Block
		block, rest = pem.Decode(rest)
		if block == nil || block.Type != "CERTIFICATE" {
			return errors.New("certificate-authority-data is not a list of PEM certificates")
		}
		if _, err := x509.ParseCertificate(block.Bytes); err != nil {
			return fmt.Errorf("certificate-authority-data: %w", err)
		}
	}
	return nil
}
