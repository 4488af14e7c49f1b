package login

import (
	"cmp"
	"context"
	"fmt"

	"github.com/kubectl-edge/kubectl-edge/pkg/envcredential"
	"github.com/kubectl-edge/kubectl-edge/pkg/interrupt"
)

// KeyFile is a service account key, and its private key where the key file has none.
type KeyFile struct {
	Path           string
	PrivateKeyPath string // a PEM file; wins over the key file's own
}

func (KeyFile) Method() string { return MethodServiceAccountKey }

func (f KeyFile) authenticate(ctx context.Context, a *Account) (result, error) {
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

// readInput reads a file that may be a terminal, such as /dev/stdin.
func readInput(ctx context.Context, path string) ([]byte, error) {
	return interrupt.Read(ctx, func() ([]byte, error) { return envcredential.ReadFile(path) })
}
