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
	"runtime"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v4"

	"github.com/kubectl-edge/kubectl-edge/pkg/atomicfile"
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

// Input is Path for what comes from the standard input.
func Input(stdin io.Reader) ([]Finding, error) {
	var findings []Finding
	data, err := atomicfile.ReadLimited(stdin, yamledit.MaxSize)
	if err == nil {
		findings, err = auditText(toUTF8(data), 0)
	}
	for i := range findings {
		findings[i].File, findings[i].Mode = "-", "-"
	}
	if err != nil {
		err = fmt.Errorf("audit the standard input: %w", tooBig(err))
	}
	return findings, err
}

// Path returns every secret and Redirect in a kubeconfig, or in the kubeconfigs below a folder, in the order of the
// files. Symlinks below the folder are not followed. In a folder, what does not look like a kubeconfig is passed over;
// what looks like one is read, or read line by line where it is not YAML, or is part of the error, which comes with the
// findings in the rest.
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
	data, info, err := atomicfile.ReadInput(path, yamledit.MaxSize)
	if errors.Is(err, atomicfile.ErrTooBig) && many && !looksLikeKubeconfig(toUTF8(head(path))) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("audit %s: %w", hint.Path(path), tooBig(err))
	}
	var findings []Finding
	switch data = toUTF8(data); {
	case !many || looksLikeKubeconfig(data):
		findings, err = auditText(data, 0)
	case embedsKubeconfig(data) || isManifest(data):
		findings = auditOther(data)
	default:
		return nil, nil
	}
	if errors.Is(err, yamledit.ErrSyntax) && many && namedLikeText(path) {
		findings, err = auditLines(data, true), nil // it quotes a kubeconfig
	}
	if err != nil {
		err = fmt.Errorf("audit %s: %w", hint.Path(path), err)
	}
	for i := range findings {
		f := &findings[i]
		f.File, f.Mode = path, fmt.Sprintf("%04o", info.Mode().Perm())
		if f.Kind != Redirect && info.Mode().Perm()&0o077 != 0 && info.Mode().IsRegular() &&
			!atomicfile.OfSystem(path) && runtime.GOOS != "windows" {
			f.Advice += fmt.Sprintf("; until then keep others from reading it: chmod 600 %s", hint.Word(path))
		}
	}
	return findings, err
}

// tooBig is the error of a reader with the limit.
func tooBig(err error) error {
	if errors.Is(err, atomicfile.ErrTooBig) {
		return yamledit.ErrTooBig
	}
	return err
}

// cause is the reason of an error on a file without the path, which the message has already.
func cause(err error) error {
	if failed, ok := errors.AsType[*fs.PathError](err); ok {
		return failed.Err
	}
	return err
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

// auditOther audits the kubeconfigs in a file that is not one.
func auditOther(data []byte) (findings []Finding) {
	roots, err := documents(data)
	if err != nil {
		return embeddedInLines(data, 0)
	}
	for _, root := range roots {
		findings = append(findings, findEmbedded(root, 0)...)
	}
	return findings
}

// documents are the parse trees of a file's documents.
func documents(data []byte) (roots []*yaml.Node, err error) {
	if root, err := readJSON(data); err == nil {
		return []*yaml.Node{root}, nil
	}
	decoder := yaml.NewDecoder(bytes.NewReader(data))
	for {
		var document yaml.Node
		if err := decoder.Decode(&document); errors.Is(err, io.EOF) {
			return roots, nil
		} else if err != nil {
			return nil, yamledit.SyntaxError(err)
		}
		roots = append(roots, document.Content[0])
	}
}

// auditText finds the secrets and redirects of a kubeconfig that client-go may even refuse: of all its documents, with
// duplicates, and by line where it is not YAML, which is an error unless it is a template.
func auditText(data []byte, depth int) ([]Finding, error) {
	roots, err := documents(data)
	if err != nil {
		findings := append(auditLines(data, false), embeddedInLines(data, depth)...)
		if isTemplate(data) {
			err = nil
		}
		sortByLine(findings)
		return findings, err
	}
	var findings []Finding
	lines := map[int]bool{}
	for _, root := range roots {
		findings = append(findings, findRedirects(root)...)
		for _, s := range findSecrets(root).found {
			lines[s.node.Line] = true
			findings = append(findings, Finding{Line: s.node.Line, Entry: s.entry, Field: s.field, Kind: s.kind,
				Expires: s.expires(), Advice: s.advice()})
		}
		for _, f := range findEmbedded(root, depth) {
			lines[f.Line] = true
			findings = append(findings, f)
		}
	}
	var n names
	number := 0
	for line := range bytes.Lines(data) {
		number++
		if bytes.IndexByte(line, '#') >= 0 && !lines[number] && n.commented(string(line)) {
			findings = append(findings, Finding{Line: number, Kind: Comment, Advice: secret{kind: Comment}.advice()})
		}
	}
	sortByLine(findings)
	return findings, nil
}

func sortByLine(findings []Finding) {
	slices.SortStableFunc(findings, func(a, b Finding) int { return a.Line - b.Line })
}

// expires is when the secret ends: a JWT says so itself, of a client key its certificate does.
func (s secret) expires() time.Time {
	if s.kind != ClientKey {
		end := jwtclaims.Read(jwtIn(s.node.Value)).Expires
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
	case Comment:
		return "delete the comment, and revoke or replace the secret"
	case URL:
		return "take user name and password out of the URL"
	}
	return "take it out of the file, and revoke or replace it"
}

// jwtIn is the first JWT in a value, or "".
func jwtIn(value string) string {
	if i := strings.Index(value, "eyJ"); i >= 0 {
		return jwtForm().FindString(value[i:])
	}
	return ""
}
