package sts

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"net/url"
	"path/filepath"

	"github.com/kubectl-edge/kubectl-edge/pkg/dirs"
	"github.com/kubectl-edge/kubectl-edge/pkg/hint"
	"github.com/kubectl-edge/kubectl-edge/pkg/plugin"
	"github.com/kubectl-edge/kubectl-edge/pkg/secretstore"
	"github.com/kubectl-edge/kubectl-edge/pkg/stackstate"
	"github.com/kubectl-edge/kubectl-edge/pkg/stackstate/satoken"
	"github.com/kubectl-edge/kubectl-edge/pkg/stackstate/stsconfig"
	"github.com/kubectl-edge/kubectl-edge/pkg/transport"
)

// app is what all commands share: the process, the global flags and, made when they are needed, the clients.
type app struct {
	Process
	globalFlags
	dirs      dirs.Dirs
	cacheDirs dirs.Dirs // of kubectl edge: one cache for all minted tokens
	notes     []string  // what is said at the end, with -o json
	warned    bool      // of what is insecure about the connection
}

func (a *app) configPath() string {
	if a.config != "" {
		return a.config
	}
	return filepath.Join(a.dirs.Config, "config.yaml")
}

func (a *app) loadConfig() (*stsconfig.File, error) {
	f, err := stsconfig.Load(a.configPath())
	return f, withCode(exitConfig, err)
}

// editConfig changes the configuration file while other processes wait.
func (a *app) editConfig(ctx context.Context, change func(*stsconfig.File) error) error {
	edit := func(f *stsconfig.File) error {
		a.sweepSealed(f)
		return change(f)
	}
	err := stsconfig.Edit(ctx, a.configPath(), filepath.Join(a.dirs.State, "config.lock"), edit)
	if _, ok := plugin.CodeOf(err); !ok {
		err = withCode(exitWrite, err)
	}
	return err
}

func (a *app) secrets() *secretstore.Store {
	return secretstore.Open(secretstore.Options{Dir: filepath.Join(a.dirs.State, "secrets"), Service: "kubectl-sts",
		NewKey: true})
}

func (a *app) journal() stackstate.Journal {
	return stackstate.Journal{Dir: filepath.Join(a.dirs.State, "minted")}
}

// settings reads the configuration and resolves what flags and environment say about it.
func (a *app) settings(ctx context.Context) (settings, error) {
	file, err := a.loadConfig()
	if err != nil {
		return settings{}, err
	}
	s, err := resolve(&a.globalFlags, a.Getenv, file)
	if err == nil {
		a.warnAboutArguments()
		err = a.readStdin(ctx, &s.source)
	}
	return s, err
}

// client talks to the server of s with the credential of s.
func (a *app) client(ctx context.Context, s settings) (*stackstate.Client, error) {
	credential, err := a.credential(ctx, s)
	if err != nil {
		return nil, err
	}
	return a.clientWith(ctx, s, credential)
}

// connect is client for the commands that, as with sts, ask for the server's version first.
func (a *app) connect(ctx context.Context, s settings) (*stackstate.Client, error) {
	client, err := a.client(ctx, s)
	if err != nil {
		return nil, err
	}
	_, err = client.Connect(ctx)
	return client, a.explain(s, err)
}

func (a *app) clientWith(ctx context.Context, s settings, credential stackstate.Credential) (*stackstate.Client,
	error) {
	httpClient, err := a.httpClient(ctx, s)
	if err != nil {
		return nil, err
	}
	client, err := stackstate.New(stackstate.Options{URL: s.url, APIPath: s.apiPath, Credential: credential,
		HTTP: httpClient})
	return client, withCode(exitConfig, err)
}

func (a *app) httpClient(ctx context.Context, s settings) (*http.Client, error) {
	a.warnAbout(s)
	o := transport.Options{UserAgent: "kubectl-sts/" + a.Build.Version, Timeout: a.requestTimeout,
		InsecureSkipVerify: s.skipSSL}
	if !s.skipSSL {
		var err error
		if o.CAData, err = readCA(ctx, s.caPath, s.caBase64); err != nil {
			return nil, err
		}
	}
	client, err := transport.NewClient(o)
	if err != nil {
		return nil, withCode(exitHTTPClient, err)
	}
	transport.Attend(client, a.attend)
	if a.verbose {
		transport.Log(client, notes{a}, a.Now)
	}
	return client, nil
}

// attend says what is waited for.
func (a *app) attend(what string) (end func()) {
	if a.json() && !plugin.Terminal(a.ErrOut) { // JSON has all that is said in its one object
		return func() {}
	}
	return a.Slow(what)
}

// warnAbout says how a token can be read on its way.
func (a *app) warnAbout(s settings) {
	u, err := url.Parse(s.url)
	switch {
	case err != nil || a.warned:
	case u.Scheme == "http" && !loopback(u.Hostname()):
		a.Warn("%s is not encrypted: everybody on the way can read your token", s.url)
	case u.Scheme == "https" && s.skipSSL:
		a.Warn("the certificate of %s is not checked (skip-ssl): anyone who answers there gets your token", u.Host)
	}
	a.warned = true
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// readCA returns PEM certificates from a file or from base64, the file first.
func readCA(ctx context.Context, path, encoded string) ([]byte, error) {
	var data []byte
	var err error
	switch {
	case path != "":
		if data, err = readInput(ctx, path, maxCA); err != nil {
			return nil, withCode(exitRead, fmt.Errorf("read the CA certificate: %w", err))
		}
	case encoded != "":
		if data, err = base64.StdEncoding.DecodeString(encoded); err != nil {
			return nil, withCode(exitHTTPClient, errors.New("the CA certificate is not base64"))
		}
	default:
		return nil, nil
	}
	if block, _ := pem.Decode(data); block == nil {
		return nil, withCode(exitHTTPClient, errors.New("the CA certificate is not PEM"))
	}
	return data, nil
}

// credential fetches the token that s names.
func (a *app) credential(ctx context.Context, s settings) (stackstate.Credential, error) {
	token, err := a.token(ctx, s)
	return stackstate.Credential{Kind: s.source.Kind, Token: token}, err
}

func (a *app) token(ctx context.Context, s settings) (string, error) {
	src := s.source
	switch {
	case src.Account.ServiceAccount != "":
		token, err := satoken.Token(ctx, src.Account, a.attend)
		return token, withCode(exitConnect, err)
	case src.Sealed != "":
		token, err := a.secrets().Load(src.Sealed, []byte(s.sealedFor))
		if err != nil {
			return "", withCode(exitConfig, hint.Wrap(fmt.Errorf("the token of context %q: %w", s.context, err),
				"give the context its token again: %s", a.saveCommand(s)))
		}
		return string(token), nil
	case src.Path != "":
		return readTokenFile(ctx, src)
	default:
		return src.Token, nil
	}
}

func readTokenFile(ctx context.Context, src source) (string, error) {
	data, err := readInput(ctx, src.Path, maxToken)
	if errors.Is(err, fs.ErrNotExist) && src.Default {
		return "", withCode(exitConfig, hint.Wrap(errors.New("there is no token to authenticate with: not in flags, "+
			"environment or context, and this is no pod"),
			"kubectl sts context save --url https://STACKSTATE"))
	}
	if err != nil {
		return "", withCode(exitRead, fmt.Errorf("read the token: %w", err))
	}
	return string(bytes.TrimSpace(data)), nil
}

// warnAboutArguments says so if a token was typed where others can read it.
func (a *app) warnAboutArguments() {
	for _, t := range a.tokens {
		if t.value != "" {
			a.Warn("--%s on the command line shows the token to other users and keeps it in the shell's history; "+
				"rather pipe it into --%[1]s-stdin", t.kind)
		}
	}
}
