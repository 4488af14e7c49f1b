package kubeconfig

import (
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"k8s.io/client-go/tools/clientcmd/api"

	"github.com/kubectl-edge/kubectl-edge/pkg/audit"
	"github.com/kubectl-edge/kubectl-edge/pkg/jwtclaims"
)

// Embedded is a user with a bearer token or a client certificate, and the cluster it is for, which may be an Edge
// instance or an edge cluster.
type Embedded struct {
	User    string
	File    string    // where the user lives
	Expires time.Time // of the credential; zero if it does not say
	// Certificate is that it is a client certificate, and Masters that this is an administrator's.
	Certificate, Masters bool
	// ServiceAccount is whose token it is, such as kube-system:admin; "" if the token does not say.
	ServiceAccount string
	Authorities    []byte   // of the first cluster, in PEM
	Contexts       []string // that use it, sorted
	Clusters       []string // that it is used with, sorted; a user of several cannot be converted
	Server         string   // URL of the first cluster's API server

	InstanceID string // as the server's host name says; "" if it does not
	Region     string // the same
	STACKIT    bool   // the server is in one of STACKIT's domains
}

// Compiled when they are first needed: every command starts with this package in it, and few convert anything.
var (
	// edgeHost matches the domain of an instance: [<service>.]<instance ID>.edge.<region>.onstackit.cloud, after the
	// UI's.
	edgeHost = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`^(?:[a-z0-9-]+\.)?([a-z](?:[a-z0-9-]{0,` +
			`6}[a-z0-9])?-[0-9a-f]{7})\.edge\.([a-z]{2}[0-9]{2})\.(?:on)?stackit\.cloud$`)
	})
	// instanceLabel matches an instance ID as a label of some other host name, such as a sandbox's.
	instanceLabel = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`^[a-z](?:[a-z0-9-]{0,6}[a-z0-9])?-[0-9a-f]{7}$`)
	})
)

// FindEmbedded returns the users of config with an embedded token or certificate that a context uses, sorted by name.
// A file is no proof that a server is an Edge instance or an edge cluster: converting an entry means to compare its
// server with what the API says.
func FindEmbedded(config *api.Config) []Embedded {
	byUser := map[string]*Embedded{}
	for _, name := range slices.Sorted(maps.Keys(config.Contexts)) {
		context := config.Contexts[name]
		cluster, user := config.Clusters[context.Cluster], config.AuthInfos[context.AuthInfo]
		if cluster == nil || user == nil || user.Exec != nil ||
			user.Token == "" && (len(user.ClientKeyData) == 0 || len(user.ClientCertificateData) == 0) {
			continue
		}
		e := byUser[context.AuthInfo]
		if e == nil {
			e = &Embedded{User: context.AuthInfo, File: user.LocationOfOrigin, Server: cluster.Server,
				Authorities: cluster.CertificateAuthorityData}
			e.describe(user)
			e.guess()
			byUser[context.AuthInfo] = e
		}
		e.Contexts = append(e.Contexts, name)
		if !slices.Contains(e.Clusters, context.Cluster) {
			e.Clusters = append(e.Clusters, context.Cluster)
		}
	}
	var found []Embedded
	for _, name := range slices.Sorted(maps.Keys(byUser)) {
		slices.Sort(byUser[name].Clusters)
		found = append(found, *byUser[name])
	}
	return found
}

// describe reads what the credential says of itself.
func (e *Embedded) describe(user *api.AuthInfo) {
	if user.Token != "" {
		claims := jwtclaims.Read(user.Token)
		e.Expires = claims.Expires.UTC()
		e.ServiceAccount, _ = strings.CutPrefix(claims.Subject, "system:serviceaccount:")
		if e.ServiceAccount == claims.Subject {
			e.ServiceAccount = ""
		}
		return
	}
	e.Certificate = true
	block, _ := pem.Decode(user.ClientCertificateData)
	if block == nil {
		return
	}
	if certificate, err := x509.ParseCertificate(block.Bytes); err == nil {
		e.Expires = certificate.NotAfter.UTC()
		e.Masters = slices.Contains(certificate.Subject.Organization, audit.Masters)
	}
}

// Credential is what a user proves itself with: to see whether it is still the same.
func Credential(user *api.AuthInfo) string {
	if user == nil {
		return ""
	}
	return user.Token + "\x00" + string(user.ClientCertificateData) + "\x00" + string(user.ClientKeyData)
}

// guess reads what the server's host name says.
func (e *Embedded) guess() {
	e.InstanceID, e.Region = InstanceOf(e.Server)
	if u, err := url.Parse(e.Server); err == nil {
		host := strings.ToLower(u.Hostname())
		e.STACKIT = strings.HasSuffix(host, ".stackit.cloud") || strings.HasSuffix(host, ".onstackit.cloud")
	}
}

// InstanceOf is the instance and the region that the host name of a server names, "" for what it does not name. A
// kubeconfig can say anything there.
func InstanceOf(server string) (id, region string) {
	u, err := url.Parse(server)
	if err != nil {
		return "", ""
	}
	host := strings.ToLower(u.Hostname())
	if m := edgeHost().FindStringSubmatch(host); m != nil {
		return m[1], m[2]
	}
	for label := range strings.SplitSeq(host, ".") {
		if instanceLabel().MatchString(label) {
			return label, ""
		}
	}
	return "", ""
}

// Convert replaces the credential of an embedded user by the exec user. It returns the token, if it was one, which
// lives on until it ends, for the cache. It refuses a user of several clusters, since all but one would lose their
// credential.
func Convert(config *api.Config, e Embedded, exec *api.AuthInfo) (token string, err error) {
	user := config.AuthInfos[e.User]
	certificate := user != nil && len(user.ClientCertificateData) > 0 && len(user.ClientKeyData) > 0
	switch {
	case user == nil || e.Certificate && !certificate:
		return "", fmt.Errorf("convert user %q: it has no client certificate", e.User)
	case !e.Certificate && user.Token == "":
		return "", fmt.Errorf("convert user %q: it has no token", e.User)
	case len(e.Clusters) != 1:
		return "", fmt.Errorf("convert user %q: it is used with several clusters: %q", e.User, e.Clusters)
	case e.Certificate && user.Token != "" ||
		!e.Certificate && (len(user.ClientCertificateData) > 0 || len(user.ClientKeyData) > 0) ||
		user.TokenFile != "" || user.ClientCertificate != "" || user.ClientKey != "" ||
		user.Username != "" || user.Password != "" || user.AuthProvider != nil || user.Exec != nil:
		return "", fmt.Errorf("convert user %q: it has other credentials beside the %s", e.User, e.Kind())
	}
	token = user.Token
	user.Token, user.ClientCertificateData, user.ClientKeyData = "", nil, nil
	user.Exec = exec.Exec.DeepCopy()
	return token, nil
}

// Kind is what the credential is, in words.
func (e Embedded) Kind() string {
	if e.Certificate {
		return "client certificate"
	}
	return "token"
}
