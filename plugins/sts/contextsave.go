package sts

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/kubectl-edge/kubectl-edge/pkg/hint"
	"github.com/kubectl-edge/kubectl-edge/pkg/plugin"
	"github.com/kubectl-edge/kubectl-edge/pkg/secretstore"
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
}

func newContextSaveCmd(a *app) *cobra.Command {
	o := saveOptions{app: a, name: stsconfig.DefaultContext}
	cmd := &cobra.Command{
		Use:   "save --url URL",
		Short: "Save a context and make it the current one",
		Long: `Save a context and make it the current one.

The token is asked for, or read from stdin, a file or the environment. It is sealed in a store of yours and never written to
the configuration. Tokens of Kubernetes service accounts need not be kept at all: --k8s-service-account requests a
short-lived one whenever it is needed, and --k8s-sa-token-path reads the file that a pod has.`,
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
	f.StringVarP(&o.name, "name", "n", o.name, "name of the context")
	f.StringVar(&o.apiPath, "api-path", "", "path of the API below the URL (default: $STS_CLI_API_PATH, else "+stackstate.DefaultAPIPath+")")
	f.StringSliceVar(&o.roles, "roles", nil, "roles of the tokens that are minted with this context, unless others are asked for")
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
		if old, ok := f.Get(o.name); ok {
			replaced = old.SealedToken
		}
		f.Set(o.name, c)
		f.SetCurrent(o.name)
		return nil
	})
	if err != nil {
		o.forget(c.SealedToken)
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

// complete is resolve without a file: a context is saved as it is given, not on top of another.
func (o *saveOptions) complete(ctx context.Context) (settings, error) {
	if err := o.writableConfig(); err != nil {
		return settings{}, err
	}
	s, err := resolve(&o.globalFlags, o.Getenv, &stsconfig.File{})
	if err != nil {
		return s, err
	}
	o.warnAboutArguments()
	if s.source.Default {
		s.source = source{Kind: stackstate.KindServiceToken}
		if !plugin.Terminal(o.In) {
			return s, usage(hint.Wrap(errors.New("no token is given"), "kubectl sts context save --url URL --service-token-stdin < FILE"))
		}
		if s.source.Token, err = o.promptToken(ctx, "Service token: "); err != nil {
			return s, err
		}
	}
	s.apiPath = cmp.Or(o.apiPath, s.apiPath)
	s.sealedFor = s.url
	return s, o.readStdin(ctx, &s.source)
}

// writableConfig fails early, before a token is asked for, if the configuration is not to be overwritten.
func (o *saveOptions) writableConfig() error {
	_, err := o.loadConfig()
	return err
}

// contextOf is what is written of s, after its token was sealed.
func (o *saveOptions) contextOf(ctx context.Context, s settings) (stsconfig.Context, error) {
	c := stsconfig.Context{URL: s.url, APIPath: s.apiPath, SkipSSL: s.skipSSL, Roles: o.roles}
	var err error
	if !s.skipSSL {
		ca, err := readCA(s.caPath, s.caBase64)
		if err != nil {
			return c, err
		}
		c.CACertBase64Data = base64.StdEncoding.EncodeToString(ca)
	}
	switch src := s.source; {
	case src.Account.ServiceAccount != "":
		c.ServiceAccount, c.Audiences = src.Account.ServiceAccount, src.Account.Audiences
		// Whoever switches to another cluster tomorrow does not want its tokens to be sent to this StackState.
		c.KubernetesContext = cmp.Or(src.Account.Context, satoken.CurrentContext(src.Account.Kubeconfig))
		c.Kubeconfig, err = absolute(src.Account.Kubeconfig)
	case src.Path != "" && src.Kind == stackstate.KindKubernetesToken:
		c.TokenPath, err = absolute(src.Path) // Kubernetes renews the file
	default:
		var token string
		if token, err = o.token(ctx, s); err == nil && token == "" {
			err = usage(errors.New("the token is empty"))
		}
		if err != nil {
			return c, err
		}
		c.SealedTokenKind = string(src.Kind)
		c.SealedToken, err = o.seal(token, s.url)
		o.tellKeyLocation()
	}
	return c, err
}

// tellKeyLocation reports a store that is weaker than it should be.
func (a *app) tellKeyLocation() {
	if where, err := a.secrets().Location(); err == nil && where.KeyIn == secretstore.InFile {
		a.Note("note: the key of your sealed tokens lies in %s, because the system's keyring cannot be used: %s", where.Path, where.Reason)
	}
}

// newSecretName is random, so that replacing a token never overwrites the one in use.
func newSecretName() string { return "context-" + strings.ToLower(rand.Text()) }

func absolute(path string) (string, error) {
	if path == "" {
		return "", nil
	}
	return filepath.Abs(path)
}
