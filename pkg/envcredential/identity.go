package envcredential

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"os"
	"strconv"
)

// Identity names the credentials in the environment without revealing them: "NAME=<SHA-256 of the value>" for each, in
// a fixed order. A token minted with other ones is another token, and so is one minted with another file at the same
// path, whether the SDK's credentials file, which may lie where nobody named it, or a key that it names.
func (e Environment) Identity() []string {
	var identity []string
	add := func(name, value string) {
		sum := sha256.Sum256([]byte(value))
		identity = append(identity, name+"="+hex.EncodeToString(sum[:]))
	}
	for _, v := range variables {
		if v.part == nothing {
			continue
		}
		value := e.getenv(v.name)
		switch {
		case value == "":
		case v.part == itsCredentialsFile:
			add(v.name, value+credentialsVersion(value))
		case v.part == itsFile:
			add(v.name, value+fileVersion(value))
		default:
			add(v.name, value)
		}
	}
	if path := e.defaultPath(); path != "" {
		if version := credentialsVersion(path); version != "" {
			add(path, version)
		}
	}
	return identity
}

// credentialsVersion tells a credentials file from another one at the same path before, and so for the keys that it
// names. It is "" where there is none. To parse it takes as long as the rest of an answer from the cache, for those who
// have one.
func credentialsVersion(path string) string {
	version := fileVersion(path)
	if version == "" {
		return ""
	}
	data, err := ReadFile(path) // which does not wait, should it be a pipe by now
	if err != nil {
		return version
	}
	sum := sha256.Sum256(data)
	var f File
	_ = json.Unmarshal(data, &f) // what is not JSON names none
	return "\x00" + string(sum[:]) + "\x00" + fileVersion(f.KeyPath) + "\x00" + fileVersion(f.PrivateKeyPath)
}

// fileVersion tells a file from another one at the same path before, without reading it: what a pipe holds can be read
// only once, by the process that mints. It is "" for what is not a regular file.
func fileVersion(path string) string {
	info, err := os.Stat(path)
	if err != nil || !info.Mode().IsRegular() {
		return ""
	}
	return "\x00" + strconv.FormatInt(info.Size(), 10) + "\x00" + strconv.FormatInt(info.ModTime().UnixNano(), 10)
}
