// Package audit finds the secrets that kubeconfigs hold, and what in them redirects our helper.
package audit

import (
	"bytes"
	"errors"
	"io"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v4"

	"github.com/kubectl-edge/kubectl-edge/pkg/yamledit"
)

// Finding is a secret embedded in a kubeconfig or talosconfig, a Redirect or a BreakGlass. It does not hold the secret.
type Finding struct {
	File    string    `json:"file"`
	Line    int       `json:"line"`
	Entry   string    `json:"entry,omitempty"`              // such as "user demo"
	Field   string    `json:"field,omitempty"`              // such as "exec.env.TOKEN"
	Kind    Kind      `json:"type"`                         // "kind" is the object's in -o json
	Expires time.Time `json:"expirationTimestamp,omitzero"` // zero if the file does not say
	Opens   string    `json:"opens,omitempty"`              // what it opens, as far as that is known
	Server  string    `json:"server,omitempty"`             // that a credential of a cluster is used with
	// Cluster is the edge cluster that it opens, where somebody who knows has been asked.
	Cluster string `json:"cluster,omitempty"`
	// Everything is that it opens all of a cluster, whatever the roles there say.
	Everything bool `json:"everything,omitempty"`
	// Authorities are those of the server, in PEM, by which it can be found out which cluster's it is.
	Authorities []byte `json:"-"`
	Mode        string `json:"mode"` // of the file, such as "0644"
	Advice      string `json:"advice"`
}

// auditOther audits the kubeconfigs in a file that is not one.
func auditOther(data []byte, u unpacking) (findings []Finding) {
	roots, err := documents(data)
	if err != nil {
		return embeddedInLines(data, u)
	}
	for _, root := range roots {
		findings = append(findings, findEmbedded(root, u)...)
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
func auditText(data []byte, u unpacking) ([]Finding, error) {
	roots, err := documents(data)
	if err != nil {
		findings := append(auditLines(data, false), embeddedInLines(data, u)...)
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
		var of clusters
		for _, s := range findSecrets(root).found {
			if of == nil {
				of = clustersOf(root)
			}
			lines[s.node.Line] = true
			f := Finding{Line: s.node.Line, Entry: s.entry, Field: s.field, Kind: s.kind, Expires: s.expires(),
				Advice: s.advice()}
			f.Opens, f.Everything = s.opens()
			f.Server, f.Authorities = of.where(s)
			findings = append(findings, f)
		}
		for _, f := range findEmbedded(root, u) {
			lines[f.Line] = true
			findings = append(findings, f)
		}
	}
	var n names
	number := 0
	for line := range bytes.Lines(data) {
		number++
		if bytes.IndexByte(line, '#') >= 0 && !lines[number] && n.inComment(string(line)) {
			findings = append(findings, Finding{Line: number, Kind: Comment, Advice: secret{kind: Comment}.advice()})
		}
	}
	sortByLine(findings)
	return findings, nil
}

func sortByLine(findings []Finding) {
	slices.SortStableFunc(findings, func(a, b Finding) int { return a.Line - b.Line })
}

// advice is what to do about the secret.
func (s secret) advice() string {
	if s.argo {
		return "let Argo CD fetch it when it is needed: \"kubectl edge argocd cluster-secret\" for an Edge instance, " +
			"else execProviderConfig"
	}
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
	case Talosconfig:
		return "delete it: \"kubectl edge talos\" makes one for minutes when it is needed; nobody can revoke " +
			"this one before it ends"
	case BreakGlass:
		return "remove it when it is no longer needed"
	case Redirect:
		return "take it out: what the credential helper trusts is yours to set, and not the kubeconfig's"
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
