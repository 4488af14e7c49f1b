// Package execcredential speaks the exec credential protocol of client.authentication.k8s.io: what a client says in
// KUBERNETES_EXEC_INFO, and the ExecCredential that it wants on stdout.
//
// The types of k8s.io/client-go/pkg/apis/clientauthentication cost a process about as much as all the rest of a cached
// answer, so the few fields are written out here; the tests hold them against client-go's own codec.
package execcredential

import (
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/kubectl-edge/kubectl-edge/pkg/hint"
)

// Variable is the environment variable in which a client sends its request.
const Variable = "KUBERNETES_EXEC_INFO"

const (
	group   = "client.authentication.k8s.io"
	v1      = group + "/v1"
	v1beta1 = group + "/v1beta1"
	kind    = "ExecCredential"
)

// Info is what a client says of itself.
type Info struct {
	// APIVersion is the version to answer in; a client rejects any other.
	APIVersion string
	// Interactive says whether the helper may use standard input. Without it nothing may prompt or open a browser.
	Interactive bool
	// Present is false when the client sent nothing, as when a person runs the helper in a shell.
	Present bool
}

type document struct {
	Kind       string `json:"kind"`
	APIVersion string `json:"apiVersion"`
	Spec       spec   `json:"spec"`
}

type spec struct {
	Interactive bool `json:"interactive"`
}

// ParseInfo reads the value of Variable. An empty one asks for v1.
func ParseInfo(value string) (Info, error) {
	if value == "" {
		return Info{APIVersion: v1}, nil
	}
	if i, ok := parsePlain(value); ok {
		return i, nil
	}
	// Only what is used is decoded: spec.cluster may be large and is none of the helper's business.
	var d document
	if err := json.Unmarshal([]byte(value), &d); err != nil {
		return Info{}, fmt.Errorf("read %s: %w", Variable, err)
	}
	if d.Kind != "" && d.Kind != kind {
		return Info{}, fmt.Errorf("read %s: kind %.60q, want %s", Variable, d.Kind, kind)
	}
	if d.APIVersion != v1 && d.APIVersion != v1beta1 {
		return Info{}, hint.Wrap(fmt.Errorf("read %s: apiVersion %.80q is not supported", Variable, d.APIVersion),
			"set apiVersion of the user's exec section to %s", v1)
	}
	return Info{APIVersion: d.APIVersion, Interactive: d.Spec.Interactive, Present: true}, nil
}

// parsePlain reads the four texts that client-go writes without a cluster, the line break at the end included. Starting
// the decoder takes longer than to compare them.
func parsePlain(value string) (Info, bool) {
	rest, ok := strings.CutPrefix(value, `{"kind":"`+kind+`","apiVersion":"`)
	version, rest, ok2 := strings.Cut(rest, `","spec":{"interactive":`)
	rest = strings.TrimSuffix(rest, "\n")
	interactive := rest == "true}}"
	if !ok || !ok2 || version != v1 && version != v1beta1 || !interactive && rest != "false}}" {
		return Info{}, false
	}
	return Info{APIVersion: version, Interactive: interactive, Present: true}, true
}

// Credential is what a client is given: a token, or a certificate with its key, both in PEM.
type Credential struct {
	Token       string
	Certificate string
	PrivateKey  string
}

// Write answers with c, valid until expires, in the version that was asked for.
func (i Info) Write(w io.Writer, c Credential, expires time.Time) error {
	answer := make([]byte, 0, len(c.Token)+len(c.Certificate)+len(c.PrivateKey)+384)
	answer = append(answer, `{"kind":"`+kind+`","apiVersion":"`...)
	answer = append(answer, i.APIVersion...)
	answer = append(answer, `","spec":{"interactive":`...)
	answer = strconv.AppendBool(answer, i.Interactive)
	answer = append(answer, `},"status":{"expirationTimestamp":"`...)
	answer = expires.UTC().AppendFormat(answer, time.RFC3339)
	var err error
	if c.Certificate == "" {
		answer = append(answer, `","token":`...)
		answer, err = appendQuoted(answer, c.Token)
	} else {
		answer = append(answer, `","clientCertificateData":`...)
		answer, err = appendPEM(answer, c.Certificate)
		if err == nil {
			answer = append(answer, `,"clientKeyData":`...)
			answer, err = appendPEM(answer, c.PrivateKey)
		}
	}
	if err == nil {
		_, err = w.Write(append(answer, "}}\n"...))
	}
	if err != nil {
		return fmt.Errorf("write %s: %w", kind, err)
	}
	return nil
}

// appendPEM appends PEM as a JSON string: of what it is made of (RFC 7468), line breaks alone have to be escaped. As
// for tokens, starting an encoder takes longer than all the rest.
func appendPEM(b []byte, s string) ([]byte, error) {
	for _, c := range []byte(s) {
		letter := 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9'
		if !letter && strings.IndexByte("+/=- \n", c) < 0 {
			return appendQuoted(b, s)
		}
	}
	b = append(b, '"')
	for line := range strings.SplitAfterSeq(s, "\n") {
		text, broken := strings.CutSuffix(line, "\n")
		b = append(b, text...)
		if broken {
			b = append(b, `\n`...)
		}
	}
	return append(b, '"'), nil
}

// appendQuoted appends s as a JSON string. What a token may be made of (RFC 6750, section 2.1) needs no encoder.
func appendQuoted(b []byte, s string) ([]byte, error) {
	for _, c := range []byte(s) {
		letter := 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9'
		if !letter && !strings.ContainsRune("-._~+/=", rune(c)) {
			data, err := json.Marshal(s)
			return append(b, data...), err
		}
	}
	b = append(b, '"')
	b = append(b, s...)
	return append(b, '"'), nil
}
