package sts

import (
	"cmp"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/kubectl-edge/kubectl-edge/pkg/hint"
	"github.com/kubectl-edge/kubectl-edge/pkg/stackstate"
	"github.com/kubectl-edge/kubectl-edge/pkg/stackstate/satoken"
	"github.com/kubectl-edge/kubectl-edge/pkg/stackstate/stsconfig"
)

// podTokenPath is where a pod finds the token of its service account.
const podTokenPath = "/var/run/secrets/kubernetes.io/serviceaccount/token"

// source says where a credential comes from, by one of its fields beside Kind.
type source struct {
	Kind    stackstate.Kind
	Token   string          // itself
	Path    string          // a file, read when it is needed
	Stdin   bool            // read when it is needed
	Sealed  string          // its name in the secret store
	Account satoken.Request // requested from Kubernetes when it is needed, if ServiceAccount is set
	Default bool            // nothing was given, so that Path is that of a pod
}

func (s source) given() bool {
	return s.Token != "" || s.Path != "" || s.Stdin || s.Sealed != "" || s.Account.ServiceAccount != ""
}

// settings are what a command works with, after flags, environment and configuration file have had their say.
type settings struct {
	context   string // its name; "" if the file has none
	url       string
	apiPath   string
	sealedFor string // the URL that a sealed token belongs to
	source    source
	skipSSL   bool
	caPath    string
	caBase64  string
	roles     []string // of minted tokens
}

// resolve applies the precedence of sts: flag, environment, file, for each value; only that tokens are one unit, so
// that one from flags or environment hides those of the file. Empty counts as unset.
func resolve(g *globalFlags, getenv func(string) string, file *stsconfig.File) (settings, error) {
	var s settings
	var c stsconfig.Context
	name := cmp.Or(g.context, getenv("STS_CLI_CONTEXT"), file.Current)
	if file.Exists && name != "" {
		var ok bool
		if c, ok = file.Get(name); !ok {
			return s, noContext(name, file)
		}
		s.context = name
	}
	given, err := givenSource(g, getenv)
	if err != nil {
		return s, err
	}
	s.url = strings.TrimRight(cmp.Or(g.url, getenv("STS_CLI_URL"), c.URL), "/")
	s.apiPath = cmp.Or(getenv("STS_CLI_API_PATH"), c.APIPath, stackstate.DefaultAPIPath)
	s.caPath = cmp.Or(g.caPath, getenv("STS_CA_CERT_PATH"))
	s.caBase64 = cmp.Or(g.caBase64, getenv("STS_CA_CERT_BASE64_DATA"), c.CACertBase64Data)
	s.roles = c.Roles
	s.sealedFor = c.URL
	skip, err := skipSSL(g, getenv)
	if err != nil {
		return s, err
	}
	s.skipSSL = skip || c.SkipSSL
	switch {
	case given.given():
		s.source = given
	case contextSource(c).given():
		s.source = contextSource(c)
	default:
		s.source = source{Kind: stackstate.KindKubernetesToken, Path: podTokenPath, Default: true}
	}
	s.source = override(s.source, g)
	if s.url == "" {
		return s, withCode(exitConfig, hint.Wrap(errors.New("there is no StackState server to talk to: neither --url "+
			"nor STS_CLI_URL nor a context"),
			"kubectl sts context save --url https://STACKSTATE"))
	}
	if _, err := stackstate.ParseURL(s.url); err != nil {
		return s, withCode(exitConfig, err)
	}
	return s, nil
}

// noContext is the error for a context that the configuration does not have.
func noContext(name string, f *stsconfig.File) error {
	var names []string
	for _, c := range f.Contexts() {
		names = append(names, c.Name)
	}
	err := hint.Wrap(fmt.Errorf("context %q not found in %s", name, f.Path), "kubectl sts context list")
	return withCode(exitNoContext, hint.Among(err, "", name, names))
}

func skipSSL(g *globalFlags, getenv func(string) string) (bool, error) {
	text := getenv("STS_SKIP_SSL")
	if g.skipSSL || text == "" {
		return g.skipSSL, nil
	}
	skip, err := strconv.ParseBool(text)
	if err != nil {
		return false, withCode(exitConfig, fmt.Errorf("STS_SKIP_SSL=%s is neither true nor false", text))
	}
	return skip, nil
}

// variables hold tokens of each kind.
var variables = map[stackstate.Kind]string{
	stackstate.KindAPIToken:        "STS_CLI_API_TOKEN",
	stackstate.KindServiceToken:    "STS_CLI_SERVICE_TOKEN",
	stackstate.KindKubernetesToken: "STS_CLI_K8S_SA_TOKEN",
}

// givenSource is the one token that flags or environment name, if they do.
func givenSource(g *globalFlags, getenv func(string) string) (source, error) {
	var found []source
	for _, t := range g.tokens {
		s := source{Kind: t.kind, Token: t.value, Path: t.file, Stdin: t.stdin}
		if !s.given() {
			s.Token = getenv(variables[t.kind])
		}
		if !s.given() && t.kind == stackstate.KindKubernetesToken {
			s.Path = getenv("STS_CLI_K8S_SA_TOKEN_PATH")
		}
		if s.given() {
			found = append(found, s)
		}
	}
	if g.serviceAccount != "" {
		found = append(found, source{Kind: stackstate.KindKubernetesToken,
			Account: satoken.Request{ServiceAccount: g.serviceAccount}})
	}
	switch len(found) {
	case 0:
		return source{}, nil
	case 1:
		return found[0], nil
	}
	return source{}, withCode(exitConfig,
		errors.New("more than one token is given by flags and environment: API token, service token and Kubernetes "+
			"service account exclude each other"))
}

// contextSource is the token that a context names.
func contextSource(c stsconfig.Context) source {
	switch {
	case c.SealedToken != "":
		return source{Kind: stackstate.Kind(c.SealedTokenKind), Sealed: c.SealedToken}
	case c.APIToken != "":
		return source{Kind: stackstate.KindAPIToken, Token: c.APIToken}
	case c.ServiceToken != "":
		return source{Kind: stackstate.KindServiceToken, Token: c.ServiceToken}
	case c.TokenPath != "":
		return source{Kind: stackstate.KindKubernetesToken, Path: c.TokenPath}
	case c.ServiceAccount != "":
		return source{Kind: stackstate.KindKubernetesToken, Account: satoken.Request{
			ServiceAccount: c.ServiceAccount, Audiences: c.Audiences, Kubeconfig: c.Kubeconfig,
			Context: c.KubernetesContext,
		}}
	}
	return source{}
}

// override lets flags name another cluster for a service account.
func override(s source, g *globalFlags) source {
	if s.Account.ServiceAccount == "" {
		return s
	}
	s.Account.Kubeconfig = cmp.Or(g.kubeconfig, s.Account.Kubeconfig)
	s.Account.Context = cmp.Or(g.kubeContext, s.Account.Context)
	if len(g.audiences) > 0 {
		s.Account.Audiences = g.audiences
	}
	return s
}
