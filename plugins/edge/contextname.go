package edge

import (
	"fmt"
	"strings"
	"text/template"
	"unicode"
)

// defaultContextName cannot collide: an instance's id names its project, too.
const defaultContextName contextName = "edge_{{.Region}}_{{.ID}}"

// clusterContextName is that of an edge cluster's context when nobody names another. It does not collide with an
// instance's, nor with that of another role: no part of it but a group of the user's own can hold an underscore or a
// slash. What can do more than look has that in its name, which many shells show in their prompt.
const clusterContextName = defaultContextName + `_` +
	`{{if ne .ClusterNamespace "default"}}{{.ClusterNamespace}}/{{end}}{{.Cluster}}` +
	`{{if or .RoleNamespace (ne .Role "view")}}_{{.Role}}{{end}}` +
	`{{with .RoleNamespace}}_{{.}}{{end}}`

// contextName is the template of a context's name, as a flag (pflag.Value).
type contextName string

// contextFields are what a contextName may use. Those of an edge cluster are empty for an instance's own context.
type contextFields struct {
	Name, ID, Project, Region, Profile             string
	Cluster, ClusterNamespace, Role, RoleNamespace string
}

func (n *contextName) String() string { return string(*n) }

// Type names the value in help texts.
func (n *contextName) Type() string { return "template" }

// Set takes a template that makes good names of examples.
func (n *contextName) Set(s string) error {
	candidate := contextName(s)
	if _, err := candidate.of(contextFields{Name: "demo", ID: "demo-3714d85",
		Project: "12345678-ffff-4bcd-8fff-123456789abc", Region: "eu01", Profile: "default", Cluster: "berlin",
		ClusterNamespace: "default", Role: "view"}); err != nil {
		return err
	}
	*n = candidate
	return nil
}

// maxContextName is not kubectl's limit, which has none: it bounds what a template can grow to in a file. All
// that the name of an edge cluster's context can have in it is shorter.
const maxContextName = 512

// of returns the name of an instance's context.
func (n contextName) of(fields contextFields) (string, error) {
	t, err := template.New("context name").Parse(string(n))
	if err != nil {
		return "", err
	}
	var b strings.Builder
	if err := t.Execute(&b, fields); err != nil {
		return "", err
	}
	name := b.String()
	unfit := func(r rune) bool {
		return !unicode.IsGraphic(r) || unicode.IsSpace(r) || strings.ContainsRune("'\"`\\$", r)
	}
	if name == "" || len(name) > maxContextName || name[0] == '-' || strings.IndexFunc(name, unfit) >= 0 {
		return "", fmt.Errorf("context name %.80q: want 1 to %d characters without spaces, quotes, $ and "+
			"backslashes, and no hyphen first", name, maxContextName)
	}
	return name, nil
}
