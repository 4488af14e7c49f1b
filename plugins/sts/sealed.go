package sts

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/kubectl-edge/kubectl-edge/pkg/stackstate/stsconfig"
)

// orphanAge is how old a sealed token that no context refers to has to be to count as left behind: who seals one writes
// the context soon after.
const orphanAge = time.Hour

// sealedPrefix starts the names of the tokens of one configuration file. Others, which --config names, have theirs in
// the same store.
func (a *app) sealedPrefix() string {
	path, err := filepath.Abs(a.configPath())
	if err != nil {
		path = a.configPath()
	}
	sum := sha256.Sum256([]byte(path))
	return "context-" + hex.EncodeToString(sum[:5]) + "-"
}

// seal stores a token for the server at url under a new name, which it returns. The name is random, so that replacing a
// token never overwrites the one in use.
func (a *app) seal(token, url string) (string, error) {
	name := a.sealedPrefix() + strings.ToLower(rand.Text())
	secrets := a.secrets()
	before, err := secrets.Location()
	if err == nil {
		err = secrets.Save(name, []byte(token), []byte(url))
	}
	if err != nil {
		return "", withCode(exitWrite, err)
	}
	if now, err := secrets.Location(); err == nil && now.NewlyInFile(before) {
		a.Note("note: %s; the key of your sealed tokens is in a file only you can read", now.Reason)
	}
	return name, nil
}

// forget removes a sealed token that nothing refers to any more. It failing costs nothing but the space.
func (a *app) forget(sealed string) {
	if sealed == "" {
		return
	}
	if err := a.secrets().Delete(sealed); err != nil {
		a.Warn("%v", err)
	}
}

// sweepSealed removes the tokens of this configuration that no context refers to, of processes that were killed before
// they wrote the context, or before they removed the token that it had. The configuration is locked.
func (a *app) sweepSealed(f *stsconfig.File) {
	secrets, prefix := a.secrets(), a.sealedPrefix()
	names, err := secrets.Names()
	if err != nil {
		return // what cannot be listed hinders nobody
	}
	for _, name := range names {
		used := slices.ContainsFunc(f.Contexts(), func(c stsconfig.Named) bool { return c.Context.SealedToken == name })
		if strings.HasPrefix(name, prefix) && !used {
			_ = secrets.DeleteOlder(name, orphanAge)
		}
	}
}

// holds reports whether one of our contexts has this token for this server already.
func (a *app) holds(c stsconfig.Context, url, token string) bool {
	if c.SealedToken == "" || c.URL != url {
		return false
	}
	sealed, err := a.secrets().Load(c.SealedToken, []byte(url))
	return err == nil && string(sealed) == token
}
