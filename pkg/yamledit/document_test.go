package yamledit

import (
	"strings"
	"testing"

	"go.yaml.in/yaml/v4"
)

func byName(item *yaml.Node) (string, bool) {
	name := Get(Resolve(item), "name")
	if name == nil {
		return "", false
	}
	return Resolve(name).Value, true
}

func apply(t *testing.T, data string, c Changes) (string, error) {
	t.Helper()
	d, err := Parse([]byte(data))
	if err != nil {
		return "", err
	}
	out, err := d.Apply(c)
	return string(out), err
}

const annotated = `# mine
x-tool: {keep: [me, 'too']} # unknown
list: # the list
# first
- name: one
  url: https://one.example   # trailing
  data: &data Q0E=
  x-unknown: 1
# second
- url: https://two.example
  data: *data
  name: two
kind: Config
`

// The check after an edit sees what was lost even where the reader of the file does not look.
func TestApplySeesLosses(t *testing.T) {
	before, err := Parse([]byte(annotated))
	if err != nil {
		t.Fatal(err)
	}
	c := Changes{Lists: []List{{Key: "list", Name: byName, Items: []Item{
		{Name: "one", Old: Fields{{"url", "https://one.example"}}, New: Fields{{"url", "https://uno"}}},
		{Name: "two", Old: Fields{}},
	}}}}
	right, err := before.Apply(c)
	if err != nil {
		t.Fatal(err)
	}
	for _, loss := range []string{"", "x-tool: {keep: [me, 'too']} # unknown\n", "  x-unknown: 1\n", "&data ",
		"kind: Config\n"} {
		after, err := Parse([]byte(strings.Replace(string(right), loss, "", 1)))
		if err != nil {
			t.Fatal(err)
		}
		if got := before.kept(after, c); got != (loss == "") {
			t.Errorf("without %q: kept is %v", loss, got)
		}
	}
}

// One document of several is edited; the others stay, whatever they hold.
func TestApplyToOneDocument(t *testing.T) {
	const first, second, third = "# one\nkind: A\n", "--- # two\nkind:   B # b\nlist: [{name: " +
		"a}]\n", "---\n- kind: C\n...\n# end\n"
	change := func(document int) Changes {
		return Changes{
			Document: document,
			Fields:   []FieldChange{{"kind", nil, "New"}, {"more", nil, Fields{{"z", 1}, {"a", []any{"x"}}}}},
			Lists: []List{{Key: "list", Name: byName,
				Items: []Item{{Name: "b", New: Fields{{"name", "b"}, {"c", Fields{{"d", true}}}}}}}},
		}
	}
	got, err := apply(t, first+second+third, change(1))
	want := first + "--- # two\nkind:   New # b\nlist: [{name: a}, {\"name\":\"b\",\"c\":{\"d\":true}}]\nmore:\n  z: " +
		"1\n  a:\n  - x\n" + third
	if err != nil || got != want {
		t.Errorf("got %v and\n%s\nwant\n%s", err, got, want)
	}
	got, err = apply(t, first+second+third, change(0))
	want = "# one\nkind: New\nlist:\n- name: b\n  c:\n    d: true\nmore:\n  z: 1\n  a:\n  - x\n" + second + third
	if err != nil || got != want {
		t.Errorf("got %v and\n%s\nwant\n%s", err, got, want)
	}
}

func TestMask(t *testing.T) {
	scalars := func(root *yaml.Node) (nodes []*yaml.Node) {
		var walk func(n *yaml.Node)
		walk = func(n *yaml.Node) {
			if n.Kind == yaml.ScalarNode && strings.Contains(n.Value, "sesame") {
				nodes = append(nodes, n)
			}
			for _, child := range n.Content {
				walk(child)
			}
		}
		walk(root)
		return nodes
	}
	same := func(line string) string { return line }
	got := string(Mask([]byte("a: sesame # c\nb: [x, 'sesame']\nc: |\n  sesame\n---\nd: \"sesame\"\n"), scalars, same))
	if want := "a: REDACTED # c\nb: [x, REDACTED]\nc: REDACTED\n---\nd: REDACTED\n"; got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if got := string(Mask([]byte("a: [sesame"), scalars, same)); got != "REDACTED\n" {
		t.Errorf("of what cannot be read it shows %q", got)
	}
}

// Whatever a value is, it is read back as it was written, in both styles.
func TestOddValues(t *testing.T) {
	for _, value := range []string{
		"", "a: b", "# c", "- x", "null", "1e3", "yes", "'", "\"", "two\nlines", "two\n  lines\n", " lead", "trail ",
		"\ttab",
		"a\x1b[2Jb\u009bc\u202ed\x7fe", "\u2028", "\u0085", "\ufeffx", "\U000e0001", "ü\U0001f600", "{{ x }}", "*x",
		"&x", "!x", "%x", "@x", "`x",
	} {
		for _, data := range []string{"list:\n- name: x\n", "{list: [{name: x}]}", ""} {
			out, err := apply(t, data, Changes{Lists: []List{{Key: "list", Name: byName, Items: []Item{
				{Name: value, New: Fields{{"name", value}, {value + "k", map[string]any{"c": value}}}},
			}}}})
			if err != nil {
				t.Errorf("%q in %q: %v", value, data, err)
				continue
			}
			d, err := Parse([]byte(out))
			if err != nil {
				t.Errorf("%q: %v", out, err)
				continue
			}
			items := Get(d.Root(), "list").Content
			item := items[len(items)-1]
			if name, _ := byName(item); name != value || item.Content[2].Value != value+"k" ||
				Get(item.Content[3], "c").Value != value {
				t.Errorf("%q is read back from %q as %q", value, out, name)
			}
		}
	}
}
