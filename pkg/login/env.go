package login

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"github.com/kubectl-edge/kubectl-edge/pkg/profile"
)

// The names of the variables, their order and what wins over what are those of the STACKIT SDK (core/auth), with
// STACKIT_ACCESS_TOKEN of the STACKIT CLI in front. One difference: the SDK also looks into a default credentials file
// that nobody named. We do that only when nobody is logged in, since a login is the more explicit.

// credentialsFile is the SDK's credentials file. Its members are named like the variables.
type credentialsFile struct {
	Token          string `json:"STACKIT_SERVICE_ACCOUNT_TOKEN"`
	KeyPath        string `json:"STACKIT_SERVICE_ACCOUNT_KEY_PATH"`
	Key            string `json:"STACKIT_SERVICE_ACCOUNT_KEY"`
	PrivateKeyPath string `json:"STACKIT_PRIVATE_KEY_PATH"`
	PrivateKey     string `json:"STACKIT_PRIVATE_KEY"`

	path string
}

// Environment returns the source of the credential that the environment names, or nil. A login method in the profile
// leaves out those of other kinds.
func (a *Account) Environment() (Source, error) {
	g, err := a.environmentGrant()
	if g == nil || err != nil {
		return nil, err
	}
	return a.unsealed(g)
}

func (a *Account) environmentGrant() (grant, error) {
	if token := a.variable("STACKIT_ACCESS_TOKEN"); token != "" && a.wants(MethodAccessToken) {
		return &staticGrant{method: MethodAccessToken, origin: "STACKIT_ACCESS_TOKEN", token: token}, nil
	}
	if a.wants(MethodWorkloadIdentity) {
		if g, err := a.workloadGrant(); g != nil || err != nil {
			return g, err
		}
	}
	file, err := a.namedCredentialsFile()
	if err != nil {
		return nil, err
	}
	return a.credentialsGrant(file, "the environment")
}

// wants reports whether the profile may log in by this method.
func (a *Account) wants(method string) bool {
	return a.Profile.LoginMethod == "" || a.Profile.LoginMethod == method
}

// defaultFileGrant returns the grant of the credentials file at its default place, or nil.
func (a *Account) defaultFileGrant() (grant, error) {
	path := profile.DefaultCredentialsPath(a.Getenv)
	if path == "" {
		return nil, nil
	}
	file, err := readCredentialsFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return a.credentialsGrant(file, path)
}

// credentialsGrant prefers a key to a token, and for each the variables to the file.
func (a *Account) credentialsGrant(file credentialsFile, origin string) (grant, error) {
	if a.wants(MethodServiceAccountKey) {
		if g, err := a.environmentKey(file, origin); g != nil || err != nil {
			return g, err
		}
	}
	const tokenVariable = "STACKIT_SERVICE_ACCOUNT_TOKEN"
	g := &staticGrant{method: MethodServiceAccountToken, origin: tokenVariable, token: a.variable(tokenVariable)}
	if g.token == "" {
		g.token, g.file, g.origin = strings.TrimSpace(file.Token), true, file.path
	}
	if g.token == "" || !a.wants(MethodServiceAccountToken) {
		return nil, nil
	}
	return g, nil
}

func (a *Account) environmentKey(file credentialsFile, origin string) (grant, error) {
	key, from, err := a.value("STACKIT_SERVICE_ACCOUNT_KEY_PATH", "STACKIT_SERVICE_ACCOUNT_KEY", file.KeyPath, file.Key)
	if err != nil {
		return nil, fmt.Errorf("service account key of %s: %w", origin, err)
	}
	if len(key) == 0 {
		return nil, nil
	}
	private, _, err := a.value("STACKIT_PRIVATE_KEY_PATH", "STACKIT_PRIVATE_KEY", file.PrivateKeyPath, file.PrivateKey)
	if err != nil {
		return nil, fmt.Errorf("private key of %s: %w", origin, err)
	}
	parsed, err := parseKey(key, private, a.Now())
	if err != nil {
		return nil, fmt.Errorf("service account key in %s: %w", from, err)
	}
	return &keyGrant{Key: parsed, TokenURL: a.keyTokenURL(parsed)}, nil
}

// value returns what a variable or else the credentials file names by path or, after that, holds itself; and where it
// was found.
func (a *Account) value(pathVariable, variable, filePath, fileValue string) (data []byte, from string, err error) {
	path := a.Getenv(pathVariable)
	inline := a.Getenv(variable)
	if path == "" && inline == "" {
		path, inline = filePath, fileValue
	}
	if path != "" {
		data, err = readLimited(path)
		if err == nil && len(data) == 0 {
			err = fmt.Errorf("%s is empty", path)
		}
		return data, path, err
	}
	return []byte(inline), variable, nil
}

// variable returns an environment variable, without the white space that comes with a token out of a file.
func (a *Account) variable(name string) string { return strings.TrimSpace(a.Getenv(name)) }

// namedCredentialsFile returns the credentials file that the environment names; without one it is empty.
func (a *Account) namedCredentialsFile() (credentialsFile, error) {
	path := a.Getenv(profile.CredentialsPathVariable)
	if path == "" {
		return credentialsFile{}, nil
	}
	file, err := readCredentialsFile(path)
	if err != nil {
		return file, fmt.Errorf("%s: %w", profile.CredentialsPathVariable, err)
	}
	return file, nil
}

func readCredentialsFile(path string) (file credentialsFile, err error) {
	data, err := readLimited(path)
	if err != nil {
		return file, fmt.Errorf("read credentials file: %w", err)
	}
	file.path = path
	if json.Unmarshal(data, &file) != nil { // its text could quote a secret
		return file, fmt.Errorf("read credentials file: %s is not JSON with members named like the variables", path)
	}
	return file, nil
}
