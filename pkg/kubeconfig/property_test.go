package kubeconfig

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/client-go/tools/clientcmd/api"
	sigsyaml "sigs.k8s.io/yaml"
)

const bom = "\ufeff"

// A generated kubeconfig knows whose each of its lines is, so that a test can say which must be there after an edit.
type generated struct {
	*rand.Rand
	lines  []string
	owners []string // "cluster a", or "" for lines that nobody may touch
	serial int
}

func (g *generated) one(choices ...string) string { return choices[g.IntN(len(choices))] }

func (g *generated) add(owner, format string, args ...any) {
	g.lines = append(g.lines, fmt.Sprintf(format, args...))
	g.owners = append(g.owners, owner)
}

// comment adds a comment, or a blank line, or nothing, that nobody owns.
func (g *generated) comment(indent string) {
	switch g.serial++; g.IntN(4) {
	case 0:
		g.add("", "%s# comment %d: - name: x", indent, g.serial)
	case 1:
		g.add("", "")
	}
}

// trailing is a comment after a value, or nothing.
func (g *generated) trailing() string {
	g.serial++
	return g.one("", "", fmt.Sprintf("   # trailing %d", g.serial))
}

func (g *generated) quote(s string) string { return g.one(s, `"`+s+`"`, "'"+s+"'") }

func (g *generated) file() []byte {
	g.comment("")
	if g.IntN(4) == 0 {
		g.add("", "---")
	}
	g.add("", "x-unknown: &shared {a: [1, 'b # not a comment'], b: \"- name: c0\"}")
	sections := []func(){
		func() { g.add("", "apiVersion: v1%s", g.trailing()) },
		func() { g.add("", "kind: %s", g.quote("Config")) },
		func() { g.add("current-context", "current-context: %s%s", g.quote("c0"), g.trailing()) },
		func() {
			g.add("", "x-literal: |")
			g.add("", "  # not a comment")
			g.add("", "  clusters:")
			g.add("", "  - name: c0")
		},
		func() { g.list("clusters", "cluster", g.cluster) },
		func() { g.list("users", "user", g.user) },
		func() { g.list("contexts", "context", g.context) },
	}
	g.Shuffle(len(sections), func(i, j int) { sections[i], sections[j] = sections[j], sections[i] })
	for _, section := range sections {
		section()
		g.comment("")
	}
	text := strings.Join(g.lines, "\n") + "\n"
	switch g.IntN(6) {
	case 0:
		text = strings.ReplaceAll(text, "\n", "\r\n")
	case 1:
		text = strings.TrimSuffix(text, "\n")
	case 2:
		text = bom + text
	}
	return []byte(text)
}

func (g *generated) list(key, inner string, body func(owner, name, indent string)) {
	if g.IntN(8) == 0 {
		g.add("", "%s", key+g.one(":", ": null", ": []", ": ~")) // the value goes if the list is filled
		g.owners[len(g.owners)-1] = "list " + key
		return
	}
	g.add("", "%s:%s", key, g.trailing())
	dash := g.one("", "  ", "    ")
	for i := range 1 + g.IntN(5) {
		name := fmt.Sprintf("c%d", i)
		owner := inner + " " + name
		g.comment(dash)
		switch g.IntN(5) {
		case 0:
			g.add(owner, "%s- name: %s%s", dash, g.quote(name), g.trailing())
			g.add(owner, "%s  %s:%s", dash, inner, g.trailing())
			body(owner, name, dash+"  "+g.one("  ", "    "))
		case 1:
			g.add(owner, "%s-   %s:", dash, inner)
			body(owner, name, dash+"      ")
			g.add(owner, "%s    name: %s", dash, name)
			g.add(owner, "%s    x-beside: *shared", dash)
		case 2:
			g.add(owner, "%s-", dash)
			g.add(owner, "%s  # above the fields", dash)
			g.add(owner, "%s  \"name\": %s", dash, name)
			g.add(owner, "%s  %s:", dash, g.quote(inner))
			body(owner, name, dash+"    ")
		case 3:
			g.add(owner, "%s- {name: %s, %s: {x-flow: ['a, b', \"c}\"]}} # flow", dash, g.quote(name), inner)
		default:
			g.add(owner, "%s- name: %s", dash, name)
		}
	}
}

// unknown adds a field that client-go does not know.
func (g *generated) unknown(owner, indent string) {
	g.serial++
	switch g.IntN(4) {
	case 0:
		g.add(owner, "%sx-list-%d:", indent, g.serial)
		g.add(owner, "%s- a # inner", indent)
		g.add(owner, "%s# between", indent)
		g.add(owner, "%s- b", indent)
	case 1:
		g.add(owner, "%s# %d within", indent, g.serial)
	}
}

func (g *generated) cluster(owner, name, indent string) {
	g.add(owner, "%sserver: %s%s", indent, g.quote("https://"+name+".example"), g.trailing())
	g.unknown(owner, indent)
	if g.IntN(2) == 0 {
		g.add(owner, "%scertificate-authority-data: Q0E=", indent)
	}
	g.unknown(owner, indent)
}

func (g *generated) user(owner, name, indent string) {
	g.unknown(owner, indent)
	switch g.IntN(3) {
	case 0:
		g.add(owner, "%stoken: %s", indent, g.one("secret", "|\n"+indent+"  secret",
			">-\n"+indent+"  secret\n"+indent+"  # of it", "\"sec\\\n"+indent+"  ret\""))
	case 1:
		g.add(owner, "%sexec:", indent)
		g.add(owner, "%s  # inside", indent)
		g.add(owner, "%s  apiVersion: client.authentication.k8s.io/v1", indent)
		g.add(owner, "%s  command: other", indent)
		g.add(owner, "%s  args: %s", indent, g.one("[a, b]", "\n"+indent+"  - a\n"+indent+"  - b"))
		g.add(owner, "%s  interactiveMode: Never", indent)
	default:
		g.add(owner, "%susername: u", indent)
	}
	g.unknown(owner, indent)
}

func (g *generated) context(owner, name, indent string) {
	g.add(owner, "%scluster: %s", indent, name)
	g.unknown(owner, indent)
	g.add(owner, "%suser: %s%s", indent, g.quote(name), g.trailing())
}

// change makes up to four random edits and returns the owners of the lines it concerns.
func (g *generated) change(c *api.Config) map[string]bool {
	touched := map[string]bool{}
	for range 1 + g.IntN(4) {
		name := fmt.Sprintf("c%d", g.IntN(7))
		touch := func(what string) { touched[what+" "+name] = true }
		switch g.IntN(10) {
		case 0:
			delete(c.Clusters, name)
			touch("cluster")
		case 1:
			delete(c.AuthInfos, name)
			touch("user")
		case 2:
			if c.Contexts[name] != nil {
				touch("context")
			}
			Remove(c, name)
			touch("cluster")
			touch("user")
			touched["current-context"] = true
		case 3:
			if c.Clusters[name] != nil {
				c.Clusters[name].Server += "/changed"
				touch("cluster")
			}
		case 4:
			if c.Contexts[name] != nil {
				c.Contexts[name].Namespace = "changed"
				touch("context")
			}
		case 5:
			if c.AuthInfos[name] != nil {
				*c.AuthInfos[name] = api.AuthInfo{Exec: ExecUser([]string{"--profile", "x"}, "two\nlines\n").Exec}
				touch("user")
			}
		case 6:
			if c.AuthInfos[name] != nil {
				c.AuthInfos[name] = &api.AuthInfo{}
				touch("user")
			}
		case 7:
			c.CurrentContext = g.one("", "c1", "yes", "12", "ü: #")
			touched["current-context"] = true
		default:
			Entry{Name: name, Server: "https://new.example", CAData: []byte(strings.Repeat("CA", 100)),
				Namespace: g.one("", "ns"), User: ExecUser([]string{"a b", "", "0x1f"}, "")}.Put(c)
			touch("cluster")
			touch("user")
			touch("context")
			touched["list clusters"], touched["list users"], touched["list contexts"] = true, true, true
		}
	}
	return touched
}

func TestGeneratedEdits(t *testing.T) {
	for seed := range uint64(1000) {
		g := &generated{Rand: rand.New(rand.NewPCG(seed, 7))}
		data := g.file()
		d, err := parse(data)
		if err != nil {
			t.Fatalf("seed %d: %v\n%s", seed, err, data)
		}
		want := d.model.DeepCopy()
		touched := g.change(want)
		out, _, err := d.apply(want)
		if err != nil {
			t.Fatalf("seed %d: %v\n%s", seed, err, data)
		}
		got, err := clientcmd.Load(out)
		if err != nil {
			t.Fatalf("seed %d: %v\n%s", seed, err, out)
		}
		if !semantic.DeepEqual(got, want) {
			t.Fatalf("seed %d: client-go reads another configuration: -want +got:\n%s\n%s", seed, cmp.Diff(want, got),
				out)
		}
		g.checkLines(t, seed, data, out, touched)
		g.checkJSON(t, seed, data, want)
	}
}

// checkJSON makes the same edit in the same kubeconfig as JSON, which stays JSON.
func (g *generated) checkJSON(t *testing.T, seed uint64, data []byte, want *api.Config) {
	t.Helper()
	compact, err := sigsyaml.YAMLToJSON(bytes.TrimPrefix(data, []byte(bom)))
	if err != nil {
		t.Fatal(err)
	}
	var text bytes.Buffer
	if indent := g.one("", "  ", "    ", "\t"); indent == "" {
		text.Write(compact)
	} else if err := json.Indent(&text, compact, "", indent); err != nil {
		t.Fatal(err)
	}
	d, err := parse(text.Bytes())
	if err != nil {
		t.Fatalf("seed %d: %v\n%s", seed, err, text.Bytes())
	}
	out, _, err := d.apply(want)
	if err != nil {
		t.Fatalf("seed %d: %v\n%s", seed, err, text.Bytes())
	}
	var got, unknown struct {
		Unknown any `json:"x-unknown"`
		Literal any `json:"x-literal"`
	}
	if err := json.Unmarshal(out, &got); err != nil {
		t.Fatalf("seed %d: no longer JSON: %v\n%s", seed, err, out)
	}
	if err := json.Unmarshal(compact, &unknown); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(unknown, got); diff != "" {
		t.Errorf("seed %d: unknown fields: -want +got:\n%s", seed, diff)
	}
}

// checkLines fails if a line of the old text that was not to be touched is missing in the new text, or at another
// place.
func (g *generated) checkLines(t *testing.T, seed uint64, old, new []byte, touched map[string]bool) {
	t.Helper()
	rest := new
	for i, text := range g.lines {
		if touched[g.owners[i]] {
			continue
		}
		for line := range strings.Lines(text + "\n") {
			line = strings.TrimSuffix(line, "\n")
			at := bytes.Index(rest, []byte(line))
			if at < 0 {
				t.Fatalf("seed %d: line %q is lost or moved\n--- old\n%s\n--- new\n%s", seed, line, old, new)
			}
			rest = rest[at+len(line):]
		}
	}
}
