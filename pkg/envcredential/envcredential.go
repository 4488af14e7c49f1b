// Package envcredential is the environment's credentials: the variables that hold or name them, the STACKIT SDK's
// credentials file, what wins over what, and what of all that is an identity. pkg/login reads nothing of the
// environment but through this package, so what it looks at is in the key of the tokens that are minted with it. It
// keeps the helper's diet.
package envcredential

import (
	"fmt"
	"strings"
)

// Variable is an environment variable that holds or names a credential, says whose it is, or where it is exchanged.
type Variable int

// The names are those of the STACKIT SDK (core/auth, core/clients, core/oidcadapters), of the STACKIT CLI and of the CI
// services. There are no others: a Variable that is not in the list has no name.
const (
	AccessToken Variable = iota // of the STACKIT CLI, which wins over all of the SDK
	CredentialsPath
	FederatedTokenFile
	IdentityProviderTokenEndpoint
	PrivateKey
	PrivateKeyPath
	ServiceAccountEmail
	FederatedToken
	ServiceAccountKey
	ServiceAccountKeyPath
	ServiceAccountToken
	TokenBaseURL
	UseOIDC
	GitHubRequestToken // of GitHub Actions
	GitHubRequestURL
	AzureAccessToken // of Azure DevOps
	AzureRequestURI
	CLIProfile // the STACKIT CLI's profile

	count
)

// part is what of a variable is part of the identity.
type part int

const (
	itsValue part = iota
	itsFile       // the value, and which file lies at that path
	itsCredentialsFile
	// nothing: it is read when somebody logs in, and kept with the session.
	nothing
)

// variables are in the order in which they make the identity.
var variables = [count]struct {
	name string
	part part
}{
	AccessToken:     {name: "STACKIT_ACCESS_TOKEN"},
	CredentialsPath: {name: "STACKIT_CREDENTIALS_PATH", part: itsCredentialsFile},
	// The file is replaced all the time, for the same identity.
	FederatedTokenFile:            {name: "STACKIT_FEDERATED_TOKEN_FILE"},
	IdentityProviderTokenEndpoint: {name: "STACKIT_IDP_TOKEN_ENDPOINT"},
	PrivateKey:                    {name: "STACKIT_PRIVATE_KEY"},
	PrivateKeyPath:                {name: "STACKIT_PRIVATE_KEY_PATH", part: itsFile},
	ServiceAccountEmail:           {name: "STACKIT_SERVICE_ACCOUNT_EMAIL"},
	FederatedToken:                {name: "STACKIT_SERVICE_ACCOUNT_FEDERATED_TOKEN"},
	ServiceAccountKey:             {name: "STACKIT_SERVICE_ACCOUNT_KEY"},
	ServiceAccountKeyPath:         {name: "STACKIT_SERVICE_ACCOUNT_KEY_PATH", part: itsFile},
	ServiceAccountToken:           {name: "STACKIT_SERVICE_ACCOUNT_TOKEN"},
	TokenBaseURL:                  {name: "STACKIT_TOKEN_BASEURL"},
	UseOIDC:                       {name: "STACKIT_USE_OIDC"},
	GitHubRequestToken:            {name: "ACTIONS_ID_TOKEN_REQUEST_TOKEN"},
	GitHubRequestURL:              {name: "ACTIONS_ID_TOKEN_REQUEST_URL"},
	AzureAccessToken:              {name: "SYSTEM_ACCESSTOKEN"},
	AzureRequestURI:               {name: "SYSTEM_OIDCREQUESTURI"},
	CLIProfile:                    {name: "STACKIT_CLI_PROFILE", part: nothing},
}

// String is the variable's name.
func (v Variable) String() string { return variables[v].name }

// Is reports whether name is that of a Variable.
func Is(name string) bool {
	for _, v := range variables {
		if v.name == name {
			return true
		}
	}
	return false
}

// Environment is where the variables are looked up.
type Environment struct{ getenv func(string) string }

// Of returns the environment that getenv knows.
func Of(getenv func(string) string) Environment { return Environment{getenv} }

// Get returns the variable's value, "" when it is not set.
func (e Environment) Get(v Variable) string { return e.getenv(v.String()) }

// Trimmed is Get without the white space that comes with a token out of a file.
func (e Environment) Trimmed(v Variable) string { return strings.TrimSpace(e.Get(v)) }

// Key returns the service account key of the variables or else of the file, and where it was found: what is named by
// path wins over what is held itself. It is empty where there is none.
func (e Environment) Key(f File) (data []byte, from string, err error) {
	return e.secret(ServiceAccountKeyPath, ServiceAccountKey, f.KeyPath, f.Key)
}

// PrivateKey is Key for the private key that belongs to it.
func (e Environment) PrivateKey(f File) ([]byte, error) {
	data, _, err := e.secret(PrivateKeyPath, PrivateKey, f.PrivateKeyPath, f.PrivateKey)
	return data, err
}

// Token returns the service account's token of the variables or else of the file, and where it was found: the
// variable's name or the file's path.
func (e Environment) Token(f File) (token, from string) {
	if token := e.Trimmed(ServiceAccountToken); token != "" {
		return token, ServiceAccountToken.String()
	}
	return strings.TrimSpace(f.Token), f.Path
}

func (e Environment) secret(pathVariable, variable Variable, filePath, fileValue string) ([]byte, string, error) {
	path, inline := e.Get(pathVariable), e.Get(variable)
	if path == "" && inline == "" {
		path, inline = filePath, fileValue
	}
	if path == "" {
		return []byte(inline), variable.String(), nil
	}
	data, err := ReadFile(path)
	if err == nil && len(data) == 0 {
		err = fmt.Errorf("%s is empty", path)
	}
	return data, path, err
}
