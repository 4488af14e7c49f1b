package buildinfo

import (
	"bytes"
	"encoding/json"
	"runtime"
	"runtime/debug"
	"testing"

	"go.yaml.in/yaml/v4"
)

func TestOf(t *testing.T) {
	vcs := func(modified string) []debug.BuildSetting {
		return []debug.BuildSetting{{Key: "vcs.revision", Value: "aaaa"},
			{Key: "vcs.time", Value: "2026-11-26T18:22:33Z"},
			{Key: "vcs.modified", Value: modified}}
	}
	main := func(version string, settings ...debug.BuildSetting) *debug.BuildInfo {
		return &debug.BuildInfo{Main: debug.Module{Version: version}, Settings: settings}
	}
	const at = "2026-11-26T18:22:33Z"
	for name, c := range map[string]struct {
		linked Info
		record *debug.BuildInfo
		want   Info
	}{
		"of a release": {Info{Version: "v0.1.0", Commit: "bbbb", Date: "2026-01-02T03:04:05Z"},
			main("v0.1.0", vcs("true")...),
			Info{Version: "v0.1.0", Commit: "bbbb", Date: "2026-01-02T03:04:05Z"}},
		"without anything": {Info{}, nil, Info{Version: "dev"}},
		"of a folder":      {Info{}, main("(devel)"), Info{Version: "dev"}},
		"go build -buildvcs=false": {Info{Version: "v0.1.0-3-gabc"}, main("(devel)"),
			Info{Version: "v0.1.0-3-gabc"}},
		"go build": {Info{}, main("(devel)", vcs("false")...),
			Info{Version: "dev", Commit: "aaaa", Date: at}},
		"go build, with changes": {Info{}, main("(devel)", vcs("true")...),
			Info{Version: "dev", Commit: "aaaa-dirty", Date: at}},
		"go install module@v0.2.0":        {Info{}, main("v0.2.0"), Info{Version: "v0.2.0"}},
		"go install module@v0.2.0-rc.1":   {Info{}, main("v0.2.0-rc.1"), Info{Version: "v0.2.0-rc.1"}},
		"go install module@v0.2.0-rc-one": {Info{}, main("v0.2.0-rc-one"), Info{Version: "v0.2.0-rc-one"}},
		"go install module@main": {Info{}, main("v0.0.0-20261126182233-0123456789ab"),
			Info{Version: "v0.0.0-20261126182233-0123456789ab", Commit: "0123456789ab", Date: at}},
		"go install module@main, after a tag": {Info{}, main("v1.2.4-0.20261126182233-0123456789ab"),
			Info{Version: "v1.2.4-0.20261126182233-0123456789ab", Commit: "0123456789ab", Date: at}},
		"go install module@main, after a candidate": {Info{}, main("v1.2.4-rc.1.0.20261126182233-0123456789ab+dirty"),
			Info{Version: "v1.2.4-rc.1.0.20261126182233-0123456789ab+dirty", Commit: "0123456789ab", Date: at}},
	} {
		t.Run(name, func(t *testing.T) {
			c.want.Go, c.want.Platform = runtime.Version(), runtime.GOOS+"/"+runtime.GOARCH
			if got := of(c.linked, c.record); got != c.want {
				t.Errorf("got %+v\nwant %+v", got, c.want)
			}
		})
	}
}

func TestWrite(t *testing.T) {
	want := Info{Version: `v0.1.0"\x1b`, Commit: "1e10", Date: "2026-11-26T18:22:33Z", Go: "go1.26", Platform: "a/b"}
	var asJSON, asYAML bytes.Buffer
	if err := want.Write(&asJSON, "json"); err != nil {
		t.Fatal(err)
	}
	if err := want.Write(&asYAML, "yaml"); err != nil {
		t.Fatal(err)
	}
	var got Info
	if err := json.Unmarshal(asJSON.Bytes(), &got); err != nil || got != want {
		t.Errorf("got %+v (%v) of\n%s", got, err, &asJSON)
	}
	fields := map[string]any{}
	if err := yaml.Unmarshal(asYAML.Bytes(), &fields); err != nil {
		t.Fatalf("%v in\n%s", err, &asYAML)
	}
	for name, value := range map[string]string{"version": want.Version, "commit": want.Commit, "date": want.Date,
		"go": want.Go, "platform": want.Platform} {
		if fields[name] != value { // text also where YAML would read a number or a time
			t.Errorf("%s: got %#v, want %q", name, fields[name], value)
		}
	}
	if err := want.Write(&asJSON, "xml"); err == nil {
		t.Error("a format that is unknown was taken")
	}
}
