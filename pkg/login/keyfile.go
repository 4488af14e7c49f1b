package login

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"time"

	"github.com/kubectl-edge/kubectl-edge/pkg/envcredential"
	"github.com/kubectl-edge/kubectl-edge/pkg/hint"
	"github.com/kubectl-edge/kubectl-edge/pkg/interrupt"
)

// methodServiceAccountKey is the key of a service account: a session keeps it, or the environment holds it.
const methodServiceAccountKey = "service-account-key"

func serviceAccountKeys() method {
	return method{
		name:        methodServiceAccountKey,
		held:        "a service account's key",
		environment: (*Account).environmentKey,
		grant:       func() grant { return &keyGrant{} },
		flags:       keyFlags,
		example: `  # as a service account
  kubectl edge login --service-account-key key.json
  kubectl edge login --service-account-key key.json --private-key private.pem --profile ci`,
	}
}

func keyFlags(flags FlagSet) choice {
	f := &KeyFile{}
	const name = "service-account-key"
	flags.StringVar(&f.Path, name, "", "file with the key of a service account, as STACKIT hands it out (JSON)")
	flags.StringVar(&f.PrivateKeyPath, "private-key", "",
		"file with the private key (PEM), for keys of your own making")
	return choice{
		chosen: func() []string {
			if f.Path == "" {
				return nil
			}
			return []string{"--" + name}
		},
		check: func() error {
			if f.PrivateKeyPath != "" && f.Path == "" {
				return errors.New("--private-key belongs to --" + name + ", which is missing")
			}
			return nil
		},
		credential: func(i Interaction) Credential {
			f.Interaction = i
			return *f
		},
	}
}

// KeyFile is a service account key, and its private key where the key file has none.
type KeyFile struct {
	Interaction    // shows what a terminal is waiting for
	Path           string
	PrivateKeyPath string // a PEM file; wins over the key file's own
}

func (KeyFile) Method() string { return methodServiceAccountKey }

func (f KeyFile) authenticate(ctx context.Context, a *Account) (result, error) {
	if info, err := os.Stat(f.Path); err == nil && info.Mode()&os.ModeCharDevice != 0 && f.Allowed { // /dev/stdin
		fmt.Fprintln(f.ErrOut, "Paste the service account key, then press Enter and Ctrl-D:")
	}
	data, err := readInput(ctx, f.Path)
	if err != nil {
		return result{}, fmt.Errorf("read service account key: %w", err)
	}
	var privateKey []byte
	if f.PrivateKeyPath != "" {
		if privateKey, err = readInput(ctx, f.PrivateKeyPath); err != nil {
			return result{}, fmt.Errorf("read private key: %w", err)
		}
	}
	key, err := parseKey(data, privateKey, a.Now())
	if err != nil {
		return result{}, fmt.Errorf("service account key %s: %w", f.Path, err)
	}
	return firstToken(ctx, a, &keyGrant{Key: key, TokenURL: a.keyTokenURL(key)})
}

// environmentKey returns the grant of the key that the environment holds, or nil.
func (a *Account) environmentKey(in surroundings) (grant, error) {
	file, err := in.file()
	if err != nil {
		return nil, err
	}
	key, from, err := a.Env.Key(file)
	if err != nil {
		return nil, fmt.Errorf("service account key of %s: %w", in.name, err)
	}
	if len(key) == 0 {
		return nil, nil
	}
	private, err := a.Env.PrivateKey(file)
	if err != nil {
		return nil, fmt.Errorf("private key of %s: %w", in.name, err)
	}
	parsed, err := parseKey(key, private, a.Now())
	if err != nil {
		return nil, fmt.Errorf("service account key in %s: %w", from, err)
	}
	return &keyGrant{Key: parsed, TokenURL: a.keyTokenURL(parsed)}, nil
}

// keyTokenURL returns where to exchange the key: where the user said, else where its audience is, else where the key
// says. All but the first could be somebody else's; exchange checks them.
func (a *Account) keyTokenURL(key *serviceAccountKey) string {
	return cmp.Or(
		a.Profile.Endpoints.ServiceAccountToken,
		a.Env.Get(envcredential.TokenBaseURL),
		tokenURLOfAudience(key.Credentials.Audience),
		key.Credentials.TokenEndpoint,
		publicTokenURL,
	)
}

// keyGrant exchanges a service account key for access tokens.
type keyGrant struct {
	plain
	Key      *serviceAccountKey `json:"key"`
	TokenURL string             `json:"tokenURL"`
}

func (g *keyGrant) Method() string { return methodServiceAccountKey }

func (g *keyGrant) renew(ctx context.Context, a *Account) (AccessToken, error) {
	assertion, err := g.Key.assertion(a.Now())
	if err != nil {
		return AccessToken{}, fmt.Errorf("sign with the service account key: %w", err)
	}
	token, _, err := a.exchange(ctx, "service account key", g.TokenURL, "", url.Values{
		"grant_type": {"urn:ietf:params:oauth:grant-type:jwt-bearer"},
		"assertion":  {assertion},
	})
	if own := g.Key.Credentials.TokenEndpoint; rejected(err) && own != "" && own != g.TokenURL {
		return AccessToken{}, hint.Wrap(err, "the key itself names %s; configured is another", own)
	}
	if rejected(err) {
		return AccessToken{}, hint.Wrap(err, "create another key in the STACKIT portal, then: %s "+
			"--service-account-key FILE", a.Command("login"))
	}
	if err != nil {
		return AccessToken{}, err
	}
	token.Principal = g.Key.Credentials.Issuer
	return token, nil
}

func (g *keyGrant) ends() time.Time {
	if g.Key.ValidUntil == nil {
		return time.Time{}
	}
	return g.Key.ValidUntil.UTC()
}

func (g *keyGrant) refused(a *Account) error {
	return hint.Wrap(fmt.Errorf("STACKIT refuses the tokens of the service account key %s", g.Key.Credentials.KeyID),
		"check that service account %s still exists; create another key in the STACKIT portal, then: "+
			"%s --service-account-key FILE", g.Key.Credentials.Issuer, a.Command("login"))
}

// readInput reads a file that may be a terminal, such as /dev/stdin.
func readInput(ctx context.Context, path string) ([]byte, error) {
	return interrupt.Read(ctx, func() ([]byte, error) { return envcredential.ReadFile(path) })
}
