// Package tokencache keeps tokens on disk for as long as they live: one small file each, below the XDG runtime or cache
// folder, readable by the user alone.
//
// It is read with every kubectl command, so it imports only the standard library and packages of the same diet. A cache
// never breaks a login: whatever is wrong with a file or folder means that there is no token, and a new one is minted.
package tokencache

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// Key names a token: the hash of everything that changes it.
type Key [sha256.Size]byte

// KeyOf is the SHA-256 of v's JSON encoding. v must be a struct (or made of them), whose fields are encoded in a fixed
// order; kind tells programs with like structs apart.
func KeyOf(kind string, v any) Key {
	data, err := json.Marshal(v)
	if err != nil {
		panic(fmt.Sprintf("tokencache: key of %T: %v", v, err)) // a type that JSON cannot encode: a bug, not an input
	}
	h := sha256.New()
	h.Write([]byte(kind))
	h.Write([]byte{0})
	h.Write(data)
	return Key(h.Sum(nil))
}

func (k Key) String() string { return hex.EncodeToString(k[:]) }

func parseKey(s string) (Key, bool) {
	if len(s) != hex.EncodedLen(sha256.Size) {
		return Key{}, false
	}
	var k Key
	_, err := hex.Decode(k[:], []byte(s))
	return k, err == nil
}

// Entry is a token with what is known of it.
type Entry struct {
	Token   string    `json:"token"`
	Issued  time.Time `json:"issued"`
	Expires time.Time `json:"expires"`
	// Replaced is when a token was last minted because a server had refused the one before; it bounds how often.
	Replaced time.Time `json:"replaced,omitzero"`
	Labels   Labels    `json:"labels,omitzero"`
}

// Labels say what a token is for, to people.
type Labels struct {
	Instance  string `json:"instance,omitempty"` // id of an Edge instance, or URL of a StackState
	Project   string `json:"project,omitempty"`
	Region    string `json:"region,omitempty"`
	Profile   string `json:"profile,omitempty"` // profile, or StackState context
	Principal string `json:"principal,omitempty"`
}

// String hides the token.
func (e Entry) String() string {
	return fmt.Sprintf("token for %s until %s", e.Labels.Instance, e.Expires.UTC().Format(time.RFC3339))
}

// GoString hides the token from %#v.
func (e Entry) GoString() string { return e.String() }

// margin is how long before its end a token is no longer handed out: it still has to travel and to be checked by a clock
// that may differ.
const margin = 30 * time.Second

// Margin is the part at the end of e's life in which it is not handed out: 30 s, or a tenth of a life below 5 minutes.
func (e Entry) Margin() time.Duration {
	return min(margin, e.life()/10)
}

func (e Entry) life() time.Duration { return e.Expires.Sub(e.Issued) }

// Usable reports whether e can be handed out at now.
func (e Entry) Usable(now time.Time) bool {
	// A token from the future was written under another clock: how long it lives by this one is unknown.
	return e.Token != "" && now.Before(e.Expires.Add(-e.Margin())) && !now.Before(e.Issued.Add(-time.Minute))
}

// Ageing reports whether e is in the last fifth of its life, when the next one should be fetched.
func (e Entry) Ageing(now time.Time) bool {
	return !now.Before(e.ageingFrom())
}

func (e Entry) ageingFrom() time.Time { return e.Expires.Add(-e.life() / 5) }

// Tag identifies the token within its key without revealing it.
func (e Entry) Tag() string {
	sum := sha256.Sum256([]byte(e.Token))
	return hex.EncodeToString(sum[:8])
}

// magic starts every file; its number is the format's version.
const magic = "kubectl-edge-token-1 "

var errDamaged = errors.New("the file is damaged")

// encode renders a file: magic, the SHA-256 of the rest, then the entry with its key as JSON. The checksum tells a torn or
// rotten file, the key one that was put in another's place.
func encode(k Key, e Entry) ([]byte, error) {
	body, err := json.Marshal(stored{k.String(), e})
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(body)
	data := make([]byte, 0, len(magic)+2*len(sum)+1+len(body)+1)
	data = append(data, magic...)
	data = hex.AppendEncode(data, sum[:])
	data = append(data, '\n')
	return append(data, body...), nil
}

type stored struct {
	Key string `json:"key"`
	Entry
}

// decode reads what encode wrote. Its errors never quote the file.
func decode(data []byte) (stored, error) {
	rest, ok := bytes.CutPrefix(data, []byte(magic))
	if !ok {
		return stored{}, errDamaged
	}
	digest, body, ok := bytes.Cut(rest, []byte{'\n'})
	sum := sha256.Sum256(body)
	if !ok || !bytes.Equal(digest, hex.AppendEncode(nil, sum[:])) {
		return stored{}, errDamaged
	}
	var s stored
	if err := json.Unmarshal(body, &s); err != nil {
		return stored{}, errDamaged
	}
	return s, nil
}
