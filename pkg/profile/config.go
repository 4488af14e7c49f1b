// Package profile is what a user configured, and who is logged in where: config.json and the sessions' public halves.
// It holds no secret and, being read with every kubectl command, imports nothing but the standard library and our own
// packages of the same diet.
package profile

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"github.com/kubectl-edge/kubectl-edge/pkg/atomicfile"
	"github.com/kubectl-edge/kubectl-edge/pkg/dirs"
	"github.com/kubectl-edge/kubectl-edge/pkg/hint"
	"github.com/kubectl-edge/kubectl-edge/pkg/securefile"
)

// DefaultName is the profile that is used when none was chosen.
const DefaultName = "default"

// Command is how a person calls a command of kubectl edge for a profile, as hints say it. Where there are several, even
// the default one is named: the variable, the current context or the current profile may choose another, and not every
// command asks all of them.
func (c *Config) Command(profile, command string) string {
	others := len(c.Profiles)
	if _, there := c.Profiles[profile]; there {
		others--
	}
	if profile == DefaultName && others == 0 {
		return "kubectl edge " + command
	}
	return "kubectl edge " + command + " --profile " + profile
}

// NameVariable is the environment variable that chooses a profile, after the --profile flag.
const NameVariable = "KUBECTL_EDGE_PROFILE"

// configVersion is the format that this program writes, and the newest that it reads.
const configVersion = 1

// Config is the user's configuration, config.json in dirs.Dirs.Config.
type Config struct {
	Version        int                `json:"version"`
	CurrentProfile string             `json:"currentProfile,omitempty"`
	Profiles       map[string]Profile `json:"profiles,omitempty"`
	// TrustedHosts are the hosts outside of stackit.cloud that may be sent credentials, as "host" or "host:port".
	TrustedHosts []string `json:"trustedHosts,omitempty"`
	// Cache is "none" where tokens must not be written to disk; "" caches them.
	Cache string `json:"cache,omitempty"`
}

// Profile is one way of working: a project, a region, how to log in, and where STACKIT is.
type Profile struct {
	ProjectID   string `json:"projectId,omitempty"`
	Region      string `json:"region,omitempty"`
	LoginMethod string `json:"loginMethod,omitempty"`
	// Expiration is the lifetime of minted tokens, in the form of the --expiration flag; "" is 15m.
	Expiration string    `json:"expiration,omitempty"`
	Endpoints  Endpoints `json:"endpoints,omitzero"`
	// CertificateAuthority is the path of a PEM file with certificate authorities to trust besides the system's.
	CertificateAuthority string `json:"certificateAuthority,omitempty"`
}

// Load reads the configuration below d; without a file it is empty. A file that others can write to is refused: it
// decides where credentials are sent.
func Load(d dirs.Dirs) (*Config, error) {
	path := configPath(d)
	data, err := readConfig(path)
	if err != nil {
		return nil, err
	}
	return decodeConfig(path, data)
}

func decodeConfig(path string, data []byte) (*Config, error) {
	c := &Config{Version: configVersion}
	if data == nil {
		return c, nil
	}
	if err := json.Unmarshal(data, c); err != nil {
		return nil, hint.Wrap(fmt.Errorf("read configuration %s: %w", path, err),
			"mend it, or begin with a new one: %s", hint.MoveAway(path))
	}
	if c.Version > configVersion {
		return nil, hint.Wrap(fmt.Errorf("configuration %s has version %d, this program knows up to %d",
			path, c.Version, configVersion), "upgrade kubectl-edge")
	}
	c.Version = configVersion
	return c, nil
}

// wrap says what failed; nil stays nil.
func wrap(what string, err error) error {
	if err == nil {
		return nil
	}
	if failed, ok := errors.AsType[*fs.PathError](err); ok && errors.Is(err, fs.ErrPermission) {
		next := hint.Own(failed.Path)
		if securefile.InOthersFolder(failed.Path) {
			next = securefile.OwnFolder
		}
		err = hint.Wrap(err, "%s", next)
	}
	return fmt.Errorf("%s: %w", what, err)
}

// Save writes the configuration below d, atomically.
func (c *Config) Save(d dirs.Dirs) error {
	c.Version = configVersion
	data, err := json.MarshalIndent(c, "", "  ")
	if err != nil {
		return fmt.Errorf("write configuration: %w", err)
	}
	path := configPath(d)
	f, err := atomicfile.Find(path) // people link their dot files
	if err != nil {
		return fmt.Errorf("write configuration %s: %w", path, err)
	}
	f.Public = true
	old, err := f.Read()
	if err == nil {
		err = f.Replace(old, append(data, '\n'))
	}
	if err != nil {
		return fmt.Errorf("write configuration %s: %w", path, err)
	}
	return nil
}

func configPath(d dirs.Dirs) string { return filepath.Join(d.Config, "config.json") }

// Select returns the profile to use and its name: chosen (the --profile flag) first, then the environment's, then the
// configured current one, then DefaultName. Only DefaultName needs no configuration.
func (c *Config) Select(chosen string, getenv func(string) string) (string, Profile, error) {
	name := cmp.Or(chosen, getenv(NameVariable), c.CurrentProfile, DefaultName)
	if err := CheckName(name); err != nil {
		return "", Profile{}, err
	}
	p, err := c.profile(name)
	if err != nil {
		return "", Profile{}, err
	}
	return name, p, nil
}

func (c *Config) profile(name string) (Profile, error) {
	p, ok := c.Profiles[name]
	if !ok && name != DefaultName {
		known := slices.Sorted(maps.Keys(c.Profiles))
		if len(known) == 0 {
			known = []string{DefaultName}
		}
		there := "there is"
		if len(known) > 1 {
			there = "there are"
		}
		err := hint.Wrap(fmt.Errorf("no profile %q: %s %s", name, there, strings.Join(known, ", ")),
			"kubectl edge profile create %s", hint.Word(name))
		return Profile{}, hint.Among(err, "", name, known)
	}
	return p, nil
}

// Put adds the profile, or replaces the one of that name.
func (c *Config) Put(name string, p Profile) {
	if c.Profiles == nil {
		c.Profiles = map[string]Profile{}
	}
	c.Profiles[name] = p
}

// CheckName reports whether name can be a profile: 1 to 63 lower-case letters, digits and dashes, no dash in front.
func CheckName(name string) error {
	ok := len(name) > 0 && len(name) <= 63 && name[0] != '-'
	for _, r := range name {
		ok = ok && (r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r == '-')
	}
	if !ok {
		return fmt.Errorf("profile name %.80q: want up to 63 lower-case letters, digits and dashes, such as %q",
			name, "work-eu01")
	}
	return nil
}
