package profile

import (
	"cmp"
	"crypto/sha256"
	"errors"
	"io/fs"

	"github.com/kubectl-edge/kubectl-edge/pkg/dirs"
	"github.com/kubectl-edge/kubectl-edge/pkg/securefile"
)

// Files are the configuration and the session of one profile, each read once: what is hashed for the key of a token is
// what the token is minted with, whatever another process writes meanwhile.
type Files struct {
	name string // of the profile

	configPath, sessionPath string
	configData, sessionData []byte // nil without such a file
	sessionErr              error

	config *Config // decoded when it is needed, since the credential helper hashes it and no more
}

// Open reads the files of the profile to use: chosen (the --profile flag) first, then the environment's, then the
// configured current one. Whether that profile exists is for Scope to say.
func Open(d dirs.Dirs, chosen string, getenv func(string) string) (*Files, error) {
	f := &Files{name: cmp.Or(chosen, getenv(NameVariable)), configPath: configPath(d)}
	var err error
	if f.configData, err = readConfig(f.configPath); err != nil {
		return nil, err
	}
	if f.name == "" { // kubeconfigs of kubectl edge name it
		config, err := f.Config()
		if err != nil {
			return nil, err
		}
		if f.name, _, err = config.Select("", getenv); err != nil {
			return nil, err
		}
	}
	if err := CheckName(f.name); err != nil {
		return nil, err
	}
	f.sessionPath = SessionPath(d, f.name)
	f.sessionData, f.sessionErr = readSession(f.sessionPath)
	return f, nil
}

// Name is the name of the profile.
func (f *Files) Name() string { return f.name }

// Config is the configuration; without a file it is empty. It is the same value with every call.
func (f *Files) Config() (*Config, error) {
	if f.config == nil {
		config, err := decodeConfig(f.configPath, f.configData)
		if err != nil {
			return nil, err
		}
		f.config = config
	}
	return f.config, nil
}

// Session is the profile's session; the error is fs.ErrNotExist when nobody is logged in.
func (f *Files) Session() (Session, error) {
	if f.sessionErr != nil {
		return Session{}, f.sessionErr
	}
	return decodeSession(f.sessionPath, f.sessionData, f.name)
}

// Fingerprint is the hash of both files. Every change of either changes it.
func (f *Files) Fingerprint() ([sha256.Size]byte, error) {
	if f.sessionErr != nil && !errors.Is(f.sessionErr, fs.ErrNotExist) {
		return [sha256.Size]byte{}, f.sessionErr
	}
	h := sha256.New()
	for _, data := range [][]byte{f.configData, f.sessionData} {
		sum := sha256.Sum256(data)
		h.Write(sum[:])
	}
	return [sha256.Size]byte(h.Sum(nil)), nil
}

func readConfig(path string) ([]byte, error) {
	data, err := securefile.ReadOwn(path, securefile.NotWritableByOthers)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return data, wrap("read configuration", err)
}

func readSession(path string) ([]byte, error) {
	data, err := securefile.ReadOwn(path, securefile.Private)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	return data, wrap("read session", err)
}
