package kubeconfig

import (
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"k8s.io/client-go/tools/clientcmd/api"

	"github.com/kubectl-edge/kubectl-edge/pkg/tokencache"
)

// Embedded is a context whose user holds a bearer token, and which may be one of an Edge instance.
type Embedded struct {
	Context, Cluster, User string
	File                   string    // where the user lives
	Server                 string    // URL of the API server
	InstanceID             string    // as the server's host name tells; "" if it does not
	Region                 string    // likewise
	STACKIT                bool      // the server is in one of STACKIT's domains
	Expires                time.Time // of the token; zero if it does not tell
}

var (
	// edgeHost matches the domain of an instance: [<service>.]<instance ID>.edge.<region>.onstackit.cloud, after the UI's.
	edgeHost = regexp.MustCompile(`^(?:[a-z0-9-]+\.)?([a-z](?:[a-z0-9-]{0,6}[a-z0-9])?-[0-9a-f]{7})\.edge\.([a-z]{2}[0-9]{2})\.(?:on)?stackit\.cloud$`)
	// instanceLabel matches an instance ID as a label of some other host name, such as a sandbox's.
	instanceLabel = regexp.MustCompile(`^[a-z](?:[a-z0-9-]{0,6}[a-z0-9])?-[0-9a-f]{7}$`)
)

// FindEmbedded returns the contexts of config with an embedded token, sorted by name. A file is no proof that a server is
// an Edge instance: whoever converts an entry compares its server with what the API says of the instance.
func FindEmbedded(config *api.Config) []Embedded {
	var found []Embedded
	for name, context := range config.Contexts {
		cluster, user := config.Clusters[context.Cluster], config.AuthInfos[context.AuthInfo]
		if cluster == nil || user == nil || user.Token == "" || user.Exec != nil {
			continue
		}
		e := Embedded{Context: name, Cluster: context.Cluster, User: context.AuthInfo, File: user.LocationOfOrigin, Server: cluster.Server}
		if end, ok := tokencache.ReadExpiry(user.Token); ok {
			e.Expires = end.UTC()
		}
		e.guess()
		found = append(found, e)
	}
	slices.SortFunc(found, func(a, b Embedded) int { return strings.Compare(a.Context, b.Context) })
	return found
}

// guess reads what the server's host name tells.
func (e *Embedded) guess() {
	u, err := url.Parse(e.Server)
	if err != nil {
		return
	}
	host := strings.ToLower(u.Hostname())
	e.STACKIT = strings.HasSuffix(host, ".stackit.cloud") || strings.HasSuffix(host, ".onstackit.cloud")
	if m := edgeHost.FindStringSubmatch(host); m != nil {
		e.InstanceID, e.Region = m[1], m[2]
		return
	}
	for label := range strings.SplitSeq(host, ".") {
		if instanceLabel.MatchString(label) {
			e.InstanceID = label
			return
		}
	}
}

// Convert replaces the token of an embedded user by the exec user. It returns the token, which lives on until it ends, for
// the cache. It refuses a user that another cluster uses, too, since that one would lose its credential.
func Convert(config *api.Config, e Embedded, exec *api.AuthInfo) (token string, err error) {
	user := config.AuthInfos[e.User]
	if user == nil || user.Token == "" {
		return "", fmt.Errorf("convert user %q: it has no token", e.User)
	}
	for name, context := range config.Contexts {
		if context.AuthInfo == e.User && context.Cluster != e.Cluster {
			return "", fmt.Errorf("convert user %q: context %q uses it with another cluster, %q", e.User, name, context.Cluster)
		}
	}
	if user.TokenFile != "" || user.ClientKey != "" || len(user.ClientKeyData) > 0 || user.Username != "" || user.Password != "" || user.AuthProvider != nil || user.Exec != nil {
		return "", fmt.Errorf("convert user %q: it has other credentials beside the token", e.User)
	}
	token = user.Token
	user.Token, user.Exec = "", exec.Exec.DeepCopy()
	return token, nil
}
