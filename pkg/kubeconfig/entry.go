package kubeconfig

import (
	"bytes"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"

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

// FromAPI reads the kubeconfig object that the Edge API answers, which has a token. The entry has neither name nor user
// yet; the token is for the cache alone. The error never quotes a value.
func FromAPI(object []byte) (entry Entry, token string, err error) {
	entry, token, err = fromAPI(object)
	if err != nil {
		return Entry{}, "", fmt.Errorf("read kubeconfig from the API: %w", err)
	}
	return entry, token, nil
}

func fromAPI(object []byte) (Entry, string, error) {
	var document any
	if json.Unmarshal(object, &document) != nil {
		return Entry{}, "", errors.New("it is not one JSON object")
	}
	f, err := ReadForeign(document)
	if err != nil {
		return Entry{}, "", err
	}
	if f.Token == "" {
		return Entry{}, "", errors.New("the user has no token")
	}
	if err := checkCA(f.CAData); err != nil {
		return Entry{}, "", err
	}
	return Entry{Server: f.Server, CAData: f.CAData, Namespace: f.Namespace}, f.Token, nil
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
