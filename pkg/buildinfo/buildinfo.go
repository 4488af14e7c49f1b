// Package buildinfo knows which build of a program is running.
package buildinfo

import (
	"encoding/json"
	"fmt"
	"io"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"time"
)

// Info is what is known of a build. The credential helper links this package: see its diet.
type Info struct {
	Version  string `json:"version"`
	Commit   string `json:"commit,omitempty"`
	Date     string `json:"date,omitempty"` // of the commit, so that two builds of it are the same
	Go       string `json:"go"`
	Platform string `json:"platform"`
}

// unknown is the version of a build that nothing says the version of.
const unknown = "dev"

// Of is the build of the running program. What the linker set (-X main.version=…, main.commit and main.date) goes
// first. What it left empty comes from the record that go build and go install module@version leave in a program,
// which -trimpath keeps, and which has no commit after -buildvcs=false.
func Of(version, commit, date string) Info {
	record, _ := debug.ReadBuildInfo()
	return of(Info{Version: version, Commit: commit, Date: date}, record)
}

func of(linked Info, record *debug.BuildInfo) Info {
	i := linked
	i.Go, i.Platform = runtime.Version(), runtime.GOOS+"/"+runtime.GOARCH
	if record != nil {
		i.complete(record)
	}
	if i.Version == "" {
		i.Version = unknown
	}
	return i
}

func (i *Info) complete(record *debug.BuildInfo) {
	set := func(s *string, value string) {
		if *s == "" {
			*s = value
		}
	}
	module := record.Main.Version
	if module == "(devel)" { // a build of a folder that has no version
		module = ""
	}
	set(&i.Version, module)
	settings := map[string]string{}
	for _, s := range record.Settings {
		settings[s.Key] = s.Value
	}
	commit := settings["vcs.revision"]
	if commit != "" && settings["vcs.modified"] == "true" {
		commit += "-dirty"
	}
	set(&i.Commit, commit)
	set(&i.Date, settings["vcs.time"])
	revision, date := pseudo(module)
	set(&i.Commit, revision)
	set(&i.Date, date)
}

// pseudo takes apart the version that Go makes up for a commit without a tag, such as
// v1.2.4-0.20261126182233-0123456789ab: https://go.dev/ref/mod#pseudo-versions. Of other versions it knows nothing.
// There is no regular expression here, since the helper would compile it with every kubectl command.
func pseudo(version string) (revision, date string) {
	version, _, _ = strings.Cut(version, "+")
	rest, revision, ok := cutLast(version, "-")
	_, stamp, _ := cutLast(rest, "-")
	if _, after, found := cutLast(stamp, "."); found {
		stamp = after
	}
	t, err := time.Parse("20060102150405", stamp)
	if !ok || err != nil || len(revision) != 12 {
		return "", ""
	}
	return revision, t.Format(time.RFC3339)
}

func cutLast(s, sep string) (before, after string, found bool) {
	if i := strings.LastIndex(s, sep); i >= 0 {
		return s[:i], s[i+len(sep):], true
	}
	return s, "", false
}

// Row is a line about a build for a person.
type Row struct{ Name, Value string }

// Rows are the lines about a build; what is not known is left out.
func (i Info) Rows() []Row {
	rows := []Row{{"Version", i.Version}}
	if i.Commit != "" {
		rows = append(rows, Row{"Commit", i.Commit})
	}
	if i.Date != "" {
		rows = append(rows, Row{"Date", i.Date})
	}
	return append(rows, Row{"Go", i.Go}, Row{"Platform", i.Platform})
}

// Formats are the values of -o that Write knows, beside none.
const Formats = "json|yaml"

// Write writes the build as format says: "" for a person, json or yaml.
func (i Info) Write(w io.Writer, format string) error {
	switch format {
	case "":
		return WriteRows(w, i.Rows())
	case "json":
		enc := json.NewEncoder(w)
		enc.SetEscapeHTML(false)
		enc.SetIndent("", "  ")
		return enc.Encode(i)
	case "yaml":
		var b strings.Builder
		for _, row := range i.Rows() {
			// YAML's double quotes know Go's escapes (YAML 1.2.2 section 5.7).
			b.WriteString(strings.ToLower(row.Name) + ": " + strconv.Quote(row.Value) + "\n")
		}
		_, err := io.WriteString(w, b.String())
		return err
	}
	return fmt.Errorf("unknown output format %.60q: want %s", format, Formats)
}

// WriteRows writes rows in two columns.
func WriteRows(w io.Writer, rows []Row) error {
	width := 0
	for _, row := range rows {
		width = max(width, len(row.Name))
	}
	var b strings.Builder
	for _, row := range rows {
		fmt.Fprintf(&b, "%-*s %s\n", width+1, row.Name+":", row.Value)
	}
	_, err := io.WriteString(w, b.String())
	return err
}
