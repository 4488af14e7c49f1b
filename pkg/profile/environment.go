package profile

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"

	"github.com/kubectl-edge/kubectl-edge/pkg/securefile"
)

// credentialVariables are the environment variables that hold or name a credential, say whose it is, or where it is
// exchanged; the names are those of the STACKIT SDK (core/auth, core/clients, core/oidcadapters) and of the CI
// services. A name that pkg/login reads and that is missing here would have one identity's token answer another: a test
// of that package compares.
var credentialVariables = [...]string{
	"STACKIT_ACCESS_TOKEN",
	CredentialsPathVariable,
	"STACKIT_FEDERATED_TOKEN_FILE",
	"STACKIT_IDP_TOKEN_ENDPOINT",
	"STACKIT_PRIVATE_KEY",
	"STACKIT_PRIVATE_KEY_PATH",
	"STACKIT_SERVICE_ACCOUNT_EMAIL",
	"STACKIT_SERVICE_ACCOUNT_FEDERATED_TOKEN",
	"STACKIT_SERVICE_ACCOUNT_KEY",
	"STACKIT_SERVICE_ACCOUNT_KEY_PATH",
	"STACKIT_SERVICE_ACCOUNT_TOKEN",
	"STACKIT_TOKEN_BASEURL",
	"STACKIT_USE_OIDC",
	"ACTIONS_ID_TOKEN_REQUEST_TOKEN", // of GitHub Actions
	"ACTIONS_ID_TOKEN_REQUEST_URL",
	"SYSTEM_ACCESSTOKEN", // of Azure DevOps
	"SYSTEM_OIDCREQUESTURI",
}

const (
	// CredentialsPathVariable names the SDK's credentials file.
	CredentialsPathVariable = "STACKIT_CREDENTIALS_PATH"
	maxCredentials          = 1 << 20 // of a credentials file are read, as in pkg/login
)

// EnvironmentIdentity names the credentials in the environment without revealing them: "NAME=<SHA-256 of the value>"
// for each, in a fixed order. A token minted with other ones is another token, and so is one minted with another file
// at the same path, whether the SDK's credentials file, which may lie where nobody named it, or a key that it names.
// The file of a federated token does not count: it is replaced all the time, for the same identity.
func EnvironmentIdentity(getenv func(string) string) []string {
	var identity []string
	add := func(name, value string) {
		sum := sha256.Sum256([]byte(value))
		identity = append(identity, name+"="+hex.EncodeToString(sum[:]))
	}
	for _, name := range credentialVariables {
		value := getenv(name)
		switch {
		case value == "":
		case name == CredentialsPathVariable:
			add(name, value+credentialsVersion(value))
		case strings.HasSuffix(name, "_PATH"):
			add(name, value+fileVersion(value))
		default:
			add(name, value)
		}
	}
	if path := DefaultCredentialsPath(getenv); path != "" {
		if version := credentialsVersion(path); version != "" {
			add(path, version)
		}
	}
	return identity
}

// DefaultCredentialsPath is where the SDK looks for a credentials file that nobody named, or "".
func DefaultCredentialsPath(getenv func(string) string) string {
	home := getenv("HOME")
	if runtime.GOOS == "windows" {
		home = getenv("USERPROFILE")
	}
	if home == "" {
		return ""
	}
	return filepath.Join(home, ".stackit", "credentials.json")
}

// credentialsVersion tells a credentials file from another one at the same path before, and so for the keys that it
// names. It is "" where there is none. To parse it takes as long as the rest of an answer from the cache, for those who
// have one.
func credentialsVersion(path string) string {
	if fileVersion(path) == "" {
		return ""
	}
	f, err := securefile.Open(path, os.O_RDONLY, 0) // which does not wait, should it be a pipe by now
	if err != nil {
		return fileVersion(path)
	}
	defer f.Close()
	data, _ := io.ReadAll(io.LimitReader(f, maxCredentials))
	sum := sha256.Sum256(data)
	var names struct { // as pkg/login reads them
		Key        string `json:"STACKIT_SERVICE_ACCOUNT_KEY_PATH"`
		PrivateKey string `json:"STACKIT_PRIVATE_KEY_PATH"`
	}
	_ = json.Unmarshal(data, &names) // what is no JSON names none
	return "\x00" + string(sum[:]) + "\x00" + fileVersion(names.Key) + "\x00" + fileVersion(names.PrivateKey)
}

// fileVersion tells a file from another one at the same path before, without reading it: what a pipe holds can be read
// only once, by the process that mints. It is "" for what is no regular file.
func fileVersion(path string) string {
	info, err := os.Stat(path)
	if err != nil || !info.Mode().IsRegular() {
		return ""
	}
	return "\x00" + strconv.FormatInt(info.Size(), 10) + "\x00" + strconv.FormatInt(info.ModTime().UnixNano(), 10)
}
