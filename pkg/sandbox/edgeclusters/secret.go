package edgeclusters

import (
	"context"
	"crypto/x509/pkix"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	authenticationv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/yaml"

	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox"
)

// secretValue makes what the secret of an edge cluster holds; the data is nil where there is none.
func (c *edgeCluster) secretValue(ctx context.Context) (data map[string][]byte, err error) {
	s := c.record.Settings
	if s.Secret == sandbox.SecretMissing || s.Status == sandbox.ClusterCreating || s.Status == sandbox.ClusterNew {
		return nil, nil
	}
	text, err := c.kubeconfigText(ctx, s.Secret)
	if err != nil {
		return nil, err
	}
	key := "value"
	if s.Secret == "no-value" {
		key = "kubeconfig"
	}
	return map[string][]byte{key: []byte(text)}, nil
}

// administrator issues a certificate like that of Talos' administrator, or of one who may not do all.
func (c *edgeCluster) administrator(ca *authority, life time.Duration) (pair, error) {
	group := "system:masters"
	switch c.record.Settings.Administrator {
	case sandbox.AdministratorNoApproval:
		group = noApprovalGroup
	case sandbox.AdministratorNoImpersonation:
		group = noImpersonationGroup
	}
	return ca.client(pkix.Name{CommonName: "admin", Organization: []string{group}}, life)
}

// kubeconfigText is the kubeconfig in the secret.
func (c *edgeCluster) kubeconfigText(ctx context.Context, kind string) (string, error) {
	ca, err := parseAuthority(c.record.CA)
	if err != nil {
		return "", err
	}
	admin, err := c.administrator(ca, year)
	if err != nil {
		return "", err
	}
	k := plain(c.name, c.url(), ca.Cert+c.record.OldCA, "admin@"+c.name, certificateUser(admin))
	switch kind {
	case "expired":
		if admin, err = c.administrator(ca, -time.Hour); err != nil {
			return "", err
		}
		k.user = certificateUser(admin)
	case "half-renewed": // the certificate of one pair with the key of another
		newer, err := c.administrator(ca, year)
		if err != nil {
			return "", err
		}
		k.user = certificateUser(pair{Cert: newer.Cert, Key: admin.Key})
	case sandbox.SecretToken:
		token, err := c.administratorToken(ctx)
		if err != nil {
			return "", err
		}
		k.user = map[string]any{"token": token}
	case "wrong-ca", "ca-bundle":
		other, err := newAuthority("kubernetes", ecdsaKey)
		if err != nil {
			return "", err
		}
		bundle := other.Cert
		if kind == "ca-bundle" {
			bundle += ca.Cert
		}
		k.cluster["certificate-authority-data"] = encoded(bundle)
	default:
		return c.hostile(k, kind)
	}
	return k.text()
}

// administratorToken is one of a service account that may do all.
func (c *edgeCluster) administratorToken(ctx context.Context) (string, error) {
	r, err := c.serveLocked()
	if err != nil {
		return "", err
	}
	const name, namespace = "edge-administrator", "kube-system"
	accounts := r.client.CoreV1().ServiceAccounts(namespace)
	_, err = accounts.Create(ctx, &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Name: name}},
		metav1.CreateOptions{})
	if ignoreExisting(err) != nil {
		return "", err
	}
	_, err = r.client.RbacV1().ClusterRoleBindings().Create(ctx, &rbacv1.ClusterRoleBinding{
		ObjectMeta: metav1.ObjectMeta{Name: name},
		RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: "cluster-admin"},
		Subjects:   []rbacv1.Subject{{Kind: rbacv1.ServiceAccountKind, Name: name, Namespace: namespace}},
	}, metav1.CreateOptions{})
	if ignoreExisting(err) != nil {
		return "", err
	}
	seconds := int64(year / time.Second)
	token, err := accounts.CreateToken(ctx, name, &authenticationv1.TokenRequest{
		Spec: authenticationv1.TokenRequestSpec{ExpirationSeconds: &seconds},
	}, metav1.CreateOptions{})
	if err != nil {
		return "", err
	}
	return token.Status.Token, nil
}

// hostile makes kubeconfigs that would have their reader run a program, read a file, or send a secret elsewhere.
func (c *edgeCluster) hostile(k *kubeconfig, kind string) (string, error) {
	var elsewhere string
	switch kind {
	case "other-server", "proxy-url", "plain-http":
		address, err := c.openTrap()
		if err != nil {
			return "", err
		}
		elsewhere = address
	}
	switch kind {
	case "exec":
		k.user = map[string]any{"exec": map[string]any{
			"apiVersion": "client.authentication.k8s.io/v1", "interactiveMode": "Never", "command": "sh",
			"args": []any{"-c", "echo >>'" + filepath.Join(c.dir, ranFile) + "'"},
		}}
	case "auth-provider":
		k.user = map[string]any{"auth-provider": map[string]any{"name": "oidc", "config": map[string]any{
			"idp-issuer-url": "https://issuer.example",
		}}}
	case "other-server":
		k.cluster["server"] = "https://" + elsewhere
	case "plain-http":
		k.cluster["server"] = "http://" + elsewhere
	case "insecure":
		delete(k.cluster, "certificate-authority-data")
		k.cluster["insecure-skip-tls-verify"] = true
	case "proxy-url":
		k.cluster["proxy-url"] = "http://" + elsewhere
	case "files":
		delete(k.cluster, "certificate-authority-data")
		k.cluster["certificate-authority"] = filepath.Join(c.dir, clientCAFile)
		k.user = map[string]any{"tokenFile": "/etc/hostname"}
	case "traversal":
		k.name, k.userName = "../../../../tmp/"+c.name, "../"+k.userName
		k.context["cluster"], k.context["user"] = k.name, k.userName
		k.cluster["certificate-authority"] = "../../../../etc/ssl/cert.pem"
	case "control-characters":
		k.name = c.name + "\x1b]0;hostile\x07\u202e\n\r"
		k.context["cluster"] = k.name
		k.context["namespace"] = "\x1b[2Jdefault"
	case "impersonates":
		k.user["as"], k.user["as-groups"] = "root", []any{"system:masters"}
	case "password":
		k.user = map[string]any{"username": "admin", "password": "admin"}
	case "tls-server-name":
		k.cluster["tls-server-name"] = "kubernetes"
	}
	members := k.members()
	switch kind {
	case "two-contexts":
		members["contexts"] = append(members["contexts"].([]any),
			map[string]any{"name": "other", "context": k.context})
	case "no-context":
		delete(members, "current-context")
		members["contexts"] = []any{}
	case "empty":
		return "", nil
	case "not-yaml":
		return "<html><body>502 Bad Gateway</body></html>\n\t: [", nil
	case "binary":
		return "\x00\x01\xff\xfe" + strings.Repeat("\x80", 100), nil
	}
	data, err := yaml.Marshal(members)
	text := string(data)
	switch kind {
	case "bomb":
		text = bomb() + text
	case "huge": // a secret may have a MiB
		text += "# " + strings.Repeat("x", 900<<10) + "\n"
	}
	return text, err
}

// bomb is YAML that is a few hundred bytes long, and gigabytes for a reader who follows its aliases.
func bomb() string {
	var text strings.Builder
	text.WriteString("a0: &a0 [lol, lol, lol, lol, lol, lol, lol, lol, lol]\n")
	for i := 1; i < 10; i++ {
		alias := fmt.Sprintf("*a%d", i-1)
		fmt.Fprintf(&text, "a%d: &a%d [%s]\n", i, i, strings.TrimSuffix(strings.Repeat(alias+", ", 9), ", "))
	}
	return text.String()
}
