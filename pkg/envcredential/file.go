package envcredential

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"

	"github.com/kubectl-edge/kubectl-edge/pkg/securefile"
)

// File is the SDK's credentials file. Its members are named like the variables.
type File struct {
	Token          string `json:"STACKIT_SERVICE_ACCOUNT_TOKEN"`
	KeyPath        string `json:"STACKIT_SERVICE_ACCOUNT_KEY_PATH"`
	Key            string `json:"STACKIT_SERVICE_ACCOUNT_KEY"`
	PrivateKeyPath string `json:"STACKIT_PRIVATE_KEY_PATH"`
	PrivateKey     string `json:"STACKIT_PRIVATE_KEY"`
	Path           string `json:"-"` // where it lies; "" when it was not read from anywhere
}

// NamedFile reads the credentials file that the environment names; without one it is empty.
func (e Environment) NamedFile() (File, error) {
	path := e.Get(CredentialsPath)
	if path == "" {
		return File{}, nil
	}
	f, err := readCredentials(path)
	if err != nil {
		return f, fmt.Errorf("%v: %w", CredentialsPath, err)
	}
	return f, nil
}

// DefaultFile reads the credentials file that nobody named, where the SDK looks for one. Where there is none, the error
// is a fs.ErrNotExist.
func (e Environment) DefaultFile() (File, error) {
	path := e.defaultPath()
	if path == "" {
		return File{}, os.ErrNotExist
	}
	return readCredentials(path)
}

// defaultPath is where DefaultFile looks, or "".
func (e Environment) defaultPath() string {
	home := e.getenv("HOME")
	if runtime.GOOS == "windows" {
		home = e.getenv("USERPROFILE")
	}
	if home == "" {
		return ""
	}
	return filepath.Join(home, ".stackit", "credentials.json")
}

func readCredentials(path string) (f File, err error) {
	f.Path = path
	data, err := ReadFile(path)
	if err != nil {
		return f, fmt.Errorf("read credentials file: %w", err)
	}
	if json.Unmarshal(data, &f) != nil { // its text could quote a secret
		return f, fmt.Errorf("read credentials file: %s is not JSON with members named like the variables", path)
	}
	return f, nil
}

// ReadFile reads a file that holds a credential, also one without a size such as a pipe, of up to 1 MiB.
func ReadFile(path string) ([]byte, error) {
	const limit = 1 << 20
	f, err := securefile.Open(path, os.O_RDONLY, 0) // which does not wait for the writer of a FIFO
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err == nil && len(data) > limit {
		err = fmt.Errorf("%s is larger than 1 MiB", path)
	}
	return data, err
}
