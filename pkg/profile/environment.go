package profile

import (
	"crypto/sha256"
	"encoding/hex"
	"os"
	"strconv"
	"strings"
)

// credentialVariables are the environment variables that hold or name a credential, or say whose it is; the names are
// those of the STACKIT SDK (core/auth, core/clients, core/oidcadapters).
var credentialVariables = [...]string{
	"STACKIT_ACCESS_TOKEN",
	"STACKIT_CREDENTIALS_PATH",
	"STACKIT_FEDERATED_TOKEN_FILE",
	"STACKIT_PRIVATE_KEY",
	"STACKIT_PRIVATE_KEY_PATH",
	"STACKIT_SERVICE_ACCOUNT_EMAIL",
	"STACKIT_SERVICE_ACCOUNT_FEDERATED_TOKEN",
	"STACKIT_SERVICE_ACCOUNT_KEY",
	"STACKIT_SERVICE_ACCOUNT_KEY_PATH",
	"STACKIT_SERVICE_ACCOUNT_TOKEN",
	"STACKIT_USE_OIDC",
}

// EnvironmentIdentity names the credentials in the environment without revealing them: "NAME=<SHA-256 of the value>" for
// each, in a fixed order. A token minted with other ones is another token, and so is one minted with another file at the
// same path. The file of a federated token does not count: it is replaced all the time, for the same identity.
func EnvironmentIdentity(getenv func(string) string) []string {
	var identity []string
	for _, name := range credentialVariables {
		if value := getenv(name); value != "" {
			if strings.HasSuffix(name, "_PATH") {
				value += fileVersion(value)
			}
			sum := sha256.Sum256([]byte(value))
			identity = append(identity, name+"="+hex.EncodeToString(sum[:]))
		}
	}
	return identity
}

// fileVersion tells a file from another one at the same path before, without reading it: what a pipe holds can be read
// only once, by whoever mints. It is "" for what is no regular file.
func fileVersion(path string) string {
	info, err := os.Stat(path)
	if err != nil || !info.Mode().IsRegular() {
		return ""
	}
	return "\x00" + strconv.FormatInt(info.Size(), 10) + "\x00" + strconv.FormatInt(info.ModTime().UnixNano(), 10)
}
