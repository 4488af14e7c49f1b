// Package tokencache keeps tokens, and certificates with their keys, on disk for as long as they live: one small file
// each, below the XDG runtime or cache folder, readable by the user alone. What it says of tokens goes for both.
//
// It is read with every kubectl command, so it imports only the standard library and packages of the same diet. A cache
// never breaks a login: whatever is wrong with a file or folder means that there is no token, and a new one is minted.
package tokencache

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"time"

	"github.com/kubectl-edge/kubectl-edge/pkg/execcredential"
)

// Key names a token: the hash of everything that changes it.
type Key [sha256.Size]byte

// KeyOf is the SHA-256 of the parts, each with its length, so that no two lists of parts are alike. The kind keeps the
// tokens of different programs apart.
func KeyOf(kind string, parts ...string) Key {
	h := sha256.New()
	for _, part := range append([]string{kind}, parts...) {
		var length [8]byte
		binary.BigEndian.PutUint64(length[:], uint64(len(part)))
		h.Write(length[:])
		h.Write([]byte(part))
	}
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

// Entry is a token, or a certificate with its key, with what is known of it.
type Entry struct {
	Token       string
	Certificate string // PEM, if there is no Token
	PrivateKey  string // PEM, of the certificate
	// Issued is when it was received, and Expires when it ends, both by this machine's clock. A certificate's NotBefore
	// lies minutes back and says nothing about its age.
	Issued  time.Time
	Expires time.Time
	// Replaced is when this token was minted because a server had refused the one before; see Replaceable.
	Replaced time.Time
	Labels   Labels
}

// Labels say what a token is for, to people.
type Labels struct {
	Instance  string `json:"instance,omitempty"` // id of an Edge instance, or URL of a StackState
	Project   string `json:"project,omitempty"`
	Region    string `json:"region,omitempty"`
	Profile   string `json:"profile,omitempty"` // profile, or StackState context
	Principal string `json:"principal,omitempty"`
	// Of an edge cluster's.
	Cluster          string `json:"cluster,omitempty"`
	ClusterNamespace string `json:"clusterNamespace,omitempty"`
	Role             string `json:"role,omitempty"` // with its namespace: edit in shop
}

// Credential is e as clients are given it.
func (e Entry) Credential() execcredential.Credential {
	return execcredential.Credential{Token: e.Token, Certificate: e.Certificate, PrivateKey: e.PrivateKey}
}

// Kind is what e is, to people.
func (e Entry) Kind() string {
	if e.Certificate != "" {
		return "certificate"
	}
	return "token"
}

// String hides the token.
func (e Entry) String() string {
	what := e.Labels.Instance
	if e.Labels.Cluster != "" {
		what = e.Labels.Cluster + " of " + what
	}
	return fmt.Sprintf("%s for %s until %s", e.Kind(), what, e.Expires.UTC().Format(time.RFC3339))
}

// GoString hides the token from %#v.
func (e Entry) GoString() string { return e.String() }

// margin is how long before its end a token is no longer handed out: it still has to travel and to be checked by a
// clock that may differ.
const margin = 30 * time.Second

// Margin is the part at the end of e's life in which it is not handed out: 30 s, or a tenth of a life below 5 minutes.
func (e Entry) Margin() time.Duration {
	return min(margin, e.life()/10)
}

// secret is what nobody has who was not given e.
func (e Entry) secret() string {
	if e.Certificate != "" {
		return e.PrivateKey
	}
	return e.Token
}

func (e Entry) life() time.Duration { return e.Expires.Sub(e.Issued) }

// Usable reports whether e can be handed out at now.
func (e Entry) Usable(now time.Time) bool {
	// A token from the future was written under another clock: how long it lives by this one is unknown.
	return e.secret() != "" && now.Before(e.Expires.Add(-e.Margin())) && !now.Before(e.Issued.Add(-time.Minute))
}

func (e Entry) check(now time.Time) error {
	if !e.Usable(now) {
		return fmt.Errorf("%w: it has expired", errMiss)
	}
	return nil
}

// Ageing reports whether the next token should be fetched: in the last fifth of e's life, see ageingFrom.
func (e Entry) Ageing(now time.Time) bool {
	return !now.Before(e.ageingFrom())
}

// ageingFrom is the beginning of the last fifth of e's life, or up to a tenth of the life earlier, so that tokens that
// were minted together, as those of a fleet are when its controller starts, are not replaced together forever. How
// much earlier is in the microseconds at which e was minted: as good as random, and the same for all who share e.
func (e Entry) ageingFrom() time.Time {
	early := e.life() / 10 / 1000 * time.Duration(e.Issued.Nanosecond()/1000%1000)
	return e.Expires.Add(-e.life()/5 - early)
}

const (
	// replaceEvery bounds how often a token is replaced because it was refused, since a client may ask again for
	// reasons of its own, and may be refused for reasons that no token mends.
	replaceEvery = time.Minute
	// settle is how old a token has to be to be replaced: one program that starts many helpers at once, of which the
	// last ask after the first were answered, looks like a client that was refused, and what is wrong with a token that
	// was minted just now is not mended by another.
	settle = 5 * time.Second
)

// Replaceable reports whether a new token may be minted at now although e lives, because a server has refused e.
func (e Entry) Replaceable(now time.Time) bool {
	return now.Sub(e.Issued) >= settle && now.Sub(e.Replaced) >= replaceEvery
}

// Tag identifies the token within its key without revealing it.
func (e Entry) Tag() string {
	sum := sha256.Sum256([]byte(cmp.Or(e.Token, e.Certificate)))
	return hex.EncodeToString(sum[:8])
}
