// Package audit finds the secrets that kubeconfigs hold, and what in them redirects our helper.
package audit

import (
	"bytes"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v4"

	"github.com/kubectl-edge/kubectl-edge/pkg/hint"
	"github.com/kubectl-edge/kubectl-edge/pkg/jwtclaims"
	"github.com/kubectl-edge/kubectl-edge/pkg/yamledit"
)

// Finding is a secret embedded in a kubeconfig, or a Redirect. It does not hold the secret.
type Finding struct {
	File    string    `json:"file"`
	Line    int       `json:"line"`
	Entry   string    `json:"entry,omitempty"`  // such as "user demo"
	Field   string    `json:"field,omitempty"`  // such as "exec.env.TOKEN"
	Kind    Kind      `json:"type"`             // "kind" is the object's in -o json
	Expires time.Time `json:"expires,omitzero"` // zero if the file does not say
	Mode    string    `json:"mode"`             // of the file, such as "0644"
	Advice  string    `json:"advice"`
}

// Path returns every secret and Redirect in a kubeconfig, or in the kubeconfigs below a folder, in the order of the
// files. Symlinks below the folder are not followed. In a folder, what does not look like a kubeconfig is passed over;
// what looks like one and cannot be read is part of the error, which comes with the findings in the rest.
func Path(path string) ([]Finding, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("audit %s: %w", hint.Path(path), cause(err))
	}
	if !info.IsDir() {
		return auditFile(path, false)
	}
	var findings []Finding
	var failed []error
	err = filepath.WalkDir(path, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			failed = append(failed, fmt.Errorf("audit %s: %w", hint.Path(path), cause(err)))
			return nil
		}
		if entry.IsDir() && entry.Name() == ".git" {
			return fs.SkipDir
		}
		if entry.Type().IsRegular() {
			found, err := auditFile(path, true)
			findings, failed = append(findings, found...), append(failed, err)
		}
		return nil
	})
	return findings, errors.Join(append(failed, err)...)
}

// auditFile audits one file; if it is one of many, only what looks like a kubeconfig.
func auditFile(path string, many bool) ([]Finding, error) {
	data, info, err := readRegular(path)
	if err == nil && many && !looksLikeKubeconfig(data) {
		return nil, nil
	}
	var findings []Finding
	if err == nil {
		findings, err = auditData(data)
	}
	if many && errors.Is(err, yamledit.ErrTooBig) && !looksLikeKubeconfig(head(path)) {
		return nil, nil
	}
	// Source code and pages that quote one.
	if many && errors.Is(err, yamledit.ErrSyntax) && !namedLikeKubeconfig(path) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("audit %s: %w", hint.Path(path), err)
	}
	for i := range findings {
		f := &findings[i]
		f.File, f.Mode = path, fmt.Sprintf("%04o", info.Mode().Perm())
		if f.Kind != Redirect && info.Mode().Perm()&0o077 != 0 && runtime.GOOS != "windows" {
			f.Advice += fmt.Sprintf("; until then keep others from reading it: chmod 600 %s", path)
		}
	}
	return findings, nil
}

// cause is the reason of an error on a file without the path, which the message has already.
func cause(err error) error {
	if failed, ok := errors.AsType[*fs.PathError](err); ok {
		return failed.Err
	}
	return err
}

func readRegular(path string) ([]byte, fs.FileInfo, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, nil, cause(err)
	}
	if !info.Mode().IsRegular() { // opening a pipe could wait without end
		return nil, nil, errors.New("it is not a regular file")
	}
	if info.Size() > yamledit.MaxSize {
		return nil, nil, yamledit.ErrTooBig
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, nil, cause(err)
	}
	return data, info, nil
}

// head returns the beginning of a file that is too big to read.
func head(path string) []byte {
	f, err := os.Open(path)
	if err != nil {
		return nil
	}
	defer f.Close()
	data, _ := io.ReadAll(io.LimitReader(f, 64<<10))
	return data
}

// looksLikeKubeconfig reports whether data names at least two of the three lists, however their keys are quoted, or
// users with a credential.
func looksLikeKubeconfig(data []byte) bool {
	if bytes.IndexByte(data[:min(len(data), 512)], 0) >= 0 {
		return false
	}
	named := map[string]bool{}
	for _, m := range listKey.FindAllSubmatch(data, -1) {
		named[string(m[1])] = true
	}
	return len(named) >= 2 || named["users"] && userKey.Match(data)
}

var (
	listKey = regexp.MustCompile(`(?m)(?:^|[{,]|\s)["']?(clusters|contexts|users)["']?\s*:`)
	userKey = regexp.MustCompile(`["']?(token|client-key-data|password|auth-provider|exec)["']?\s*:`)
)

// namedLikeKubeconfig reports whether a file of this name is meant to be YAML or JSON. Kubeconfigs often have no
// extension.
func namedLikeKubeconfig(path string) bool {
	switch strings.ToLower(filepath.Ext(path)) {
	case "", ".yaml", ".yml", ".json", ".conf", ".config", ".kubeconfig", ".bak", ".old":
		return true
	}
	return false
}

// auditData finds the secrets and redirects of a kubeconfig that client-go may even refuse: of all its documents, with
// duplicates.
func auditData(data []byte) ([]Finding, error) {
	var findings []Finding
	lines := map[int]bool{}
	decoder := yaml.NewDecoder(bytes.NewReader(data))
	for {
		var document yaml.Node
		if err := decoder.Decode(&document); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return nil, yamledit.SyntaxError(err)
		}
		findings = append(findings, findRedirects(document.Content[0])...)
		for _, s := range findSecrets(document.Content[0]) {
			lines[s.node.Line] = true
			findings = append(findings, Finding{Line: s.node.Line, Entry: s.entry, Field: s.field, Kind: s.kind,
				Expires: s.expires(), Advice: s.advice()})
		}
	}
	number := 0
	for line := range strings.Lines(string(data)) {
		number++
		if !lines[number] && HideComment(line) != line {
			findings = append(findings, Finding{Line: number, Kind: Comment,
				Advice: "delete the comment, and revoke or replace the secret"})
		}
	}
	slices.SortStableFunc(findings, func(a, b Finding) int { return a.Line - b.Line })
	return findings, nil
}

// expires is when the secret ends: a JWT says so itself, of a client key its certificate does.
func (s secret) expires() time.Time {
	if s.kind != ClientKey {
		end := jwtclaims.Read(secretForm.FindString(s.node.Value)).Expires
		return end.UTC()
	}
	certificate := yamledit.Get(s.user, "client-certificate-data")
	if certificate == nil {
		return time.Time{}
	}
	data, err := base64.StdEncoding.DecodeString(yamledit.Resolve(certificate).Value)
	if err != nil {
		return time.Time{}
	}
	block, _ := pem.Decode(data)
	if block == nil {
		return time.Time{}
	}
	parsed, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		return time.Time{}
	}
	return parsed.NotAfter.UTC()
}

// advice is what to do about the secret.
func (s secret) advice() string {
	switch s.kind {
	case Token:
		return "fetch it when it is needed: \"kubectl edge kubeconfig convert\" for an Edge instance, else an exec user"
	case ClientKey:
		return "use short-lived credentials from an exec user; nobody can revoke a client certificate before it ends"
	case Password:
		return "change the password, and use an exec user"
	case AuthProvider:
		return "replace the auth-provider, which client-go no longer supports in most forms, by an exec user"
	case ExecArgument:
		return "take it out of the arguments, which every user of the machine can see, and let the helper read it " +
			"from a protected place"
	case ExecEnvironment:
		return "let the helper read it from a protected place"
	case URL:
		return "take user name and password out of the URL"
	}
	return "take it out of the file, and revoke or replace it"
}
