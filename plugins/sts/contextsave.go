package sts

import (
	"cmp"
	"context"
	"encoding/base64"
	"errors"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/kubectl-edge/kubectl-edge/pkg/hint"
	"github.com/kubectl-edge/kubectl-edge/pkg/plugin"
	"github.com/kubectl-edge/kubectl-edge/pkg/stackstate"
	"github.com/kubectl-edge/kubectl-edge/pkg/stackstate/satoken"
	"github.com/kubectl-edge/kubectl-edge/pkg/stackstate/stsconfig"
)

type saveOptions struct {
	*app
	name         string
	apiPath      string
	roles        []string
	skipValidate bool
	flags        *pflag.FlagSet
	old          stsconfig.Context // the context of this name and URL, whose members stay where none are given
	keepToken    bool              // the token of old is not replaced
}

func newContextSaveCmd(a *app) *cobra.Command {
	o := saveOptions{app: a, name: stsconfig.DefaultContext}
	cmd := &cobra.Command{
		Use:        "save --url URL",
		SuggestFor: []string{"login"},
		Short:      "Save a context and make it the current one",
		Long: `Save a context and make it the current one.

The token is asked for, or read from stdin, a file or the environment. It is sealed in a store of yours and never
written to the configuration. Tokens of Kubernetes service accounts need not be kept at all: --k8s-service-account
requests a short-lived one whenever it is needed, and --k8s-sa-token-path reads the file that a pod has.

If there is a context of this name for the same URL, what is not given stays as it is.`,
		Example: `  # asks for the service token
  kubectl sts context save --name prod --url https://acme.example.com

  # as a Kubernetes service account
  kubectl sts context save --name cluster --url https://acme.example.com --k8s-service-account monitoring/robot

  # in a pod
  kubectl sts context save --url https://acme.example.com --k8s-sa-token-path ` + podTokenPath,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return o.run(cmd.Context()) },
	}
	o.addFlags(cmd.Flags())
	return cmd
}

func (o *saveOptions) addFlags(f *pflag.FlagSet) {
	o.flags = f
	f.StringVarP(&o.name, "name", "n", o.name, "name of the context")
	f.StringVar(&o.apiPath, "api-path", "",
		"path of the API below the URL (default: $STS_CLI_API_PATH, else "+stackstate.DefaultAPIPath+")")
	f.StringSliceVar(&o.roles, "roles", nil,
		"roles of the tokens that are minted with this context, unless others are asked for")
	f.BoolVar(&o.skipValidate, "skip-validate", false, "save without trying the connection")
}

func (o *saveOptions) run(ctx context.Context) error {
	s, err := o.complete(ctx)
	if err != nil {
		return err
	}
	var info stackstate.ServerInfo
	if !o.skipValidate {
		client, err := o.client(ctx, s)
		if err != nil {
			return err
		}
		if info, err = client.ServerInfo(ctx); err != nil {
			return o.explain(s, err)
		}
	}
	c, err := o.contextOf(ctx, s)
	if err != nil {
		return err
	}
	var replaced string
	err = o.editConfig(ctx, func(f *stsconfig.File) error {
		if old, ok := f.Get(o.name); ok && old.SealedToken != c.SealedToken {
			replaced = old.SealedToken
		}
		f.Set(o.name, c)
		f.SetCurrent(o.name)
		return nil
	})
	if err != nil {
		if !o.keepToken {
			o.forget(c.SealedToken)
		}
		return err
	}
	o.forget(replaced)
	if o.json() {
		return o.printJSON(map[string]any{"current-context": o.name, "context": c})
	}
	if !o.skipValidate {
		o.verified(s.url, info)
	}
	o.success("Saved context: '%s'", o.name)
	return nil
}

// complete is what is given, on top of the context of this name if that is of the same server: what is not given stays.
// Nothing else in the configuration counts.
func (o *saveOptions) complete(ctx context.Context) (settings, error) {
	file, err := o.loadConfig() // before a token is asked for
	if err != nil {
		return settings{}, err
	}
	old, exists := file.Get(o.name)
	if exists && o.url == "" && o.Getenv("STS_CLI_URL") == "" {
		o.url = old.URL
	}
	s, err := resolve(&o.globalFlags, o.Getenv, &stsconfig.File{})
	if err != nil {
		return s, err
	}
	o.warnAboutArguments()
	s.sealedFor = s.url
	if exists && strings.TrimRight(old.URL, "/") == s.url {
		o.old = old
		o.keep(&s)
	}
	s.apiPath = cmp.Or(o.apiPath, s.apiPath)
	if s.source.Default {
		if err := o.askToken(ctx, &s); err != nil {
			return s, err
		}
	}
	return s, o.readStdin(ctx, &s.source)
}

// keep takes from the old context what is not given.
func (o *saveOptions) keep(s *settings) {
	if o.Getenv("STS_CLI_API_PATH") == "" {
		s.apiPath = cmp.Or(o.old.APIPath, s.apiPath)
	}
	givenCA := s.caPath != "" || s.caBase64 != ""
	if !o.flags.Changed("skip-ssl") && o.Getenv("STS_SKIP_SSL") == "" && !givenCA {
		s.skipSSL = o.old.SkipSSL
	}
	if !givenCA {
		s.caBase64 = o.old.CACertBase64Data
	}
	if !o.flags.Changed("roles") {
		o.roles = o.old.Roles
	}
}

// askToken asks for the token where none is given. With an old one, an empty answer keeps that, and so does nobody
// being there to ask.
func (o *saveOptions) askToken(ctx context.Context, s *settings) error {
	kept := contextSource(o.old)
	s.source = source{Kind: stackstate.KindServiceToken}
	if !plugin.Terminal(o.In) {
		if !kept.given() {
			return usage(hint.Wrap(errors.New("no token is given"),
				"kubectl sts context save --name %s --url %s --service-token-stdin < FILE", hint.Word(o.name),
				hint.Word(s.url)))
		}
		return o.keepOld(s, kept)
	}
	prompt := "Service token: "
	if kept.given() {
		prompt = "Service token (nothing keeps the one there is): "
	}
	var err error
	if s.source.Token, err = o.promptToken(ctx, prompt); err != nil {
		return err
	}
	if s.source.Token == "" && kept.given() {
		return o.keepOld(s, kept)
	}
	return nil
}

func (o *saveOptions) keepOld(s *settings, kept source) error {
	s.source, s.context, s.sealedFor = override(kept, &o.globalFlags), o.name, o.old.URL
	o.keepToken = true
	return nil
}

// contextOf is what is written of s, after its token was sealed.
func (o *saveOptions) contextOf(ctx context.Context, s settings) (stsconfig.Context, error) {
	c := stsconfig.Context{
		URL: s.url, APIPath: s.apiPath, AdminAPIPath: o.old.AdminAPIPath, SkipSSL: s.skipSSL, Roles: o.roles,
		CACertBase64Data: o.old.CACertBase64Data, // also one that skip-ssl makes superfluous
	}
	var err error
	if !s.skipSSL {
		ca, err := readCA(ctx, s.caPath, s.caBase64)
		if err != nil {
			return c, err
		}
		c.CACertBase64Data = base64.StdEncoding.EncodeToString(ca)
	}
	switch src := s.source; {
	case src.Account.ServiceAccount != "":
		c.ServiceAccount, c.Audiences = src.Account.ServiceAccount, src.Account.Audiences
		// Anyone who switches to another cluster tomorrow does not want its tokens to be sent to this StackState.
		c.KubernetesContext = cmp.Or(src.Account.Context, satoken.CurrentContext(src.Account.Kubeconfig))
		c.Kubeconfig, err = absolute(src.Account.Kubeconfig)
	case src.Path != "" && src.Kind == stackstate.KindKubernetesToken:
		c.TokenPath, err = absolute(src.Path) // Kubernetes renews the file
	case o.keepToken && src.Sealed != "":
		c.SealedToken, c.SealedTokenKind = src.Sealed, string(src.Kind)
	default:
		var token string
		if token, err = o.token(ctx, s); err == nil && token == "" {
			err = usage(errors.New("the token is empty"))
		}
		if err == nil {
			err = withCode(exitConfig, stackstate.Credential{Kind: src.Kind, Token: token}.Validate())
		}
		if err != nil {
			return c, err
		}
		c.SealedTokenKind = string(src.Kind)
		c.SealedToken, err = o.seal(token, s.url)
	}
	return c, err
}

func absolute(path string) (string, error) {
	if path == "" {
		return "", nil
	}
	return filepath.Abs(path)
}
