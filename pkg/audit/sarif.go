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

// SARIF renders findings as a SARIF 2.1.0 log for code scanning. Relative paths stay relative, so that a service can
// find the files in its checkout. Version is that of the program.
func SARIF(findings []Finding, version string, now time.Time) ([]byte, error) {
	type text struct {
		Text string `json:"text"`
	}
	type rule struct {
		ID               string `json:"id"`
		ShortDescription text   `json:"shortDescription"`
	}
	type region struct {
		StartLine int `json:"startLine"`
	}
	type artifact struct {
		URI string `json:"uri"`
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
		Tool    tool     `json:"tool"`
		Results []result `json:"results"`
	}
	rules, results := []rule{}, []result{}
	for _, f := range findings {
		id, about := "embedded-"+string(f.Kind), fmt.Sprintf("A kubeconfig holds a secret (%s)", f.Kind)
		if f.Kind == Redirect {
			id, about = string(f.Kind), "A kubeconfig redirects the credential helper"
		}
		if !slices.ContainsFunc(rules, func(r rule) bool { return r.ID == id }) {
			rules = append(rules, rule{id, text{about}})
		}
		level := "error"
		if !f.Expires.IsZero() && f.Expires.Before(now) {
			level = "note"
		}
		results = append(results, result{id, level, text{f.describe()},
			[]location{{physical{artifact{uri(f.File)}, region{f.Line}}}}})
	}
	return json.MarshalIndent(struct {
		Schema  string `json:"$schema"`
		Version string `json:"version"`
		Runs    []run  `json:"runs"`
	}{
		"https://json.schemastore.org/sarif-2.1.0.json", "2.1.0",
		[]run{{tool{driver{"kubectl-edge", version, hint.Repository(), rules}}, results}},
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
	return fmt.Sprintf("%s%s%s. File mode %s. To do: %s.", f.Kind, where, until, f.Mode, f.Advice)
}

// uri is a path as a URI reference (RFC 3986).
func uri(path string) string {
	path = filepath.ToSlash(path)
	escaped := strings.ReplaceAll((&url.URL{Path: path}).EscapedPath(), ":", "%3A")
	if filepath.IsAbs(path) || strings.HasPrefix(path, "/") {
		return "file:///" + strings.TrimPrefix(escaped, "/")
	}
	return escaped
}
