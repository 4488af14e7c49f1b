package profile

import (
	"crypto/sha256"
	"errors"
	"io/fs"

	"github.com/kubectl-edge/kubectl-edge/pkg/dirs"
	"github.com/kubectl-edge/kubectl-edge/pkg/securefile"
)

// Fingerprint is the hash of the configuration and of the profile's session, as they lie on disk. Whatever is changed in
// either, it changes; to know that costs no more than to read two small files.
func Fingerprint(d dirs.Dirs, profile string) ([sha256.Size]byte, error) {
	h := sha256.New()
	for _, path := range []string{configPath(d), SessionPath(d, profile)} {
		data, err := securefile.Read(path, securefile.NotWritableByOthers)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return [sha256.Size]byte{}, err
		}
		sum := sha256.Sum256(data)
		h.Write(sum[:])
	}
	return [sha256.Size]byte(h.Sum(nil)), nil
}
