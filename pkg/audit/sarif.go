package audit

import (
	"encoding/json"
	"fmt"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/kubectl-edge/kubectl-edge/pkg/hint"
)

// sourceRoot is the name of the folder that relative addresses are relative to, in the log.
const sourceRoot = "%SRCROOT%"

// SARIF renders findings as a SARIF 2.1.0 log for code scanning. Files below the working folder get addresses relative
// to it, however their paths were given: a service such as GitHub's finds them in its checkout by those, and shows no
// others. Version is that of the program.
func SARIF(findings []Finding, version, folder string, now time.Time) ([]byte, error) {
	type text struct {
		Text string `json:"text"`
	}
	type properties struct {
		Tags     []string `json:"tags"`
		Severity string   `json:"security-severity"` // of GitHub's: of 10; from 7 on it is high
	}
	type rule struct {
		ID               string     `json:"id"`
		ShortDescription text       `json:"shortDescription"`
		FullDescription  text       `json:"fullDescription"`
		Help             text       `json:"help"`
		HelpURI          string     `json:"helpUri"`
		Properties       properties `json:"properties"`
	}
	type region struct {
		StartLine int `json:"startLine"`
	}
	type artifact struct {
		URI  string `json:"uri"`
		Base string `json:"uriBaseId,omitempty"`
	}
	type physical struct {
		ArtifactLocation artifact `json:"artifactLocation"`
		Region           region   `json:"region"`
	}
	type location struct {
		PhysicalLocation physical `json:"physicalLocation"`
	}
	type result struct {
		RuleID    string     `json:"ruleId"`
		Level     string     `json:"level"`
		Message   text       `json:"message"`
		Locations []location `json:"locations"`
	}
	type driver struct {
		Name           string `json:"name"`
		Version        string `json:"version,omitempty"`
		InformationURI string `json:"informationUri"`
		Rules          []rule `json:"rules"`
	}
	type tool struct {
		Driver driver `json:"driver"`
	}
	type run struct {
		Tool    tool                `json:"tool"`
		Bases   map[string]artifact `json:"originalUriBaseIds,omitempty"`
		Results []result            `json:"results"`
	}
	rules, results := []rule{}, []result{}
	for _, f := range findings {
		id, about := f.Kind.rule()
		if !slices.ContainsFunc(rules, func(r rule) bool { return r.ID == id }) {
			rules = append(rules, rule{
				ID: id, ShortDescription: text{about}, FullDescription: text{about + "."},
				Help:       text{"What to do: " + secret{kind: f.Kind}.advice() + "."},
				HelpURI:    hint.Repository() + "/blob/main/docs/kubeconfigs.md",
				Properties: properties{[]string{"security"}, "8.0"},
			})
		}
		level := "error"
		if !f.Expires.IsZero() && f.Expires.Before(now) {
			level = "note"
		}
		address, base := uri(f.File), ""
		if relative, below := relativeTo(folder, f.File); below {
			address, base = uri(relative), sourceRoot
		} else if absolute, err := filepath.Abs(f.File); err == nil && folder != "" && f.File != "-" {
			address = uri(absolute) // else it would be taken for one below the folder
		}
		results = append(results, result{id, level, text{f.describe()},
			[]location{{physical{artifact{address, base}, region{f.Line}}}}})
	}
	bases := map[string]artifact{}
	if folder != "" {
		bases[sourceRoot] = artifact{URI: strings.TrimSuffix(uri(folder), "/") + "/"}
	}
	return json.MarshalIndent(struct {
		Schema  string `json:"$schema"`
		Version string `json:"version"`
		Runs    []run  `json:"runs"`
	}{
		"https://json.schemastore.org/sarif-2.1.0.json", "2.1.0",
		[]run{{tool{driver{"kubectl-edge", version, hint.Repository(), rules}}, bases, results}},
	}, "", "  ")
}

func (f Finding) describe() string {
	where := strings.TrimSpace(f.Entry + " " + f.Field)
	if where != "" {
		where = " in " + where
	}
	until := ""
	if !f.Expires.IsZero() {
		until = ", which ends at " + f.Expires.Format(time.RFC3339)
	}
	opens := ""
	if what := f.What(); what != "" {
		opens = "It opens " + what + ". "
	}
	return fmt.Sprintf("%s%s%s. %sFile mode %s. To do: %s.", f.Kind, where, until, opens, f.Mode, f.Advice)
}

// rule is the ID and the description of the rule that finds a kind.
func (k Kind) rule() (id, about string) {
	switch k {
	case Redirect:
		return string(k), "A kubeconfig redirects the credential helper"
	case BreakGlass:
		return string(k), "A kubeconfig hands out the administrator's own credential of an edge cluster"
	case Talosconfig:
		return "embedded-" + string(k), "A talosconfig holds a key to the machines of a Talos cluster"
	}
	return "embedded-" + string(k), fmt.Sprintf("A kubeconfig holds a secret (%s)", k)
}

// relativeTo is a path as seen from a folder, and whether it is below that. Both may be written by way of links.
func relativeTo(folder, path string) (string, bool) {
	if folder == "" || path == "-" {
		return "", false
	}
	if absolute, err := filepath.Abs(path); err == nil {
		path = absolute
	}
	for _, resolve := range []func(string) string{filepath.Clean, resolved} {
		relative, err := filepath.Rel(resolve(folder), resolve(path))
		if err == nil && filepath.IsLocal(relative) {
			return relative, true
		}
	}
	return "", false
}

// resolved is a path without links, as far as it exists.
func resolved(path string) string {
	if real, err := filepath.EvalSymlinks(path); err == nil {
		return real
	}
	return path
}

// uri is a path as a URI reference (RFC 3986).
func uri(path string) string {
	path = filepath.ToSlash(path)
	escaped := (&url.URL{Path: path}).EscapedPath()
	if filepath.IsAbs(path) || strings.HasPrefix(path, "/") {
		return "file:///" + strings.TrimPrefix(escaped, "/")
	}
	return strings.ReplaceAll(escaped, ":", "%3A") // else what stands before it would be a scheme
}
