package plugintest

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"
	"unicode"

	"github.com/spf13/cobra"

	"github.com/kubectl-edge/kubectl-edge/pkg/plugin"
)

// Evil is what nobody's terminal is to obey: it sets a title, clears the screen, changes colours by a control character
// of the second set, turns the direction of writing, and begins a line that could be taken for our own. EvilYAML is the
// same within double quotes of YAML.
const (
	Evil     = "\x1b]0;x\x07\x1b[2J\u009b31m\u202e\x7f\r\nFORGED: all is well"
	EvilYAML = `\e]0;x\a\e[2J\u009b31m\u202e\u007f\r\nFORGED: all is well`
)

// hostility is what a server does.
type hostility int32

const (
	harmless    hostility = iota
	evilNames             // texts that people write end in Evil
	evilStrings           // all strings do
	evilErrors            // requests are refused, with Evil in the reason and in the body
)

// Server stands before a server, and does to its answers what its Mode says.
type Server struct {
	Next http.Handler
	Mode atomic.Int32 // a hostility
}

// written are the fields in which people write what they like.
var written = regexp.MustCompile(`(?i)name|description|message|detail|title|status|state|role|label|version|` +
	`subject|expression|email`)

func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	mode := hostility(s.Mode.Load())
	if mode == harmless || strings.Contains(r.URL.Path, "token") && r.Method == http.MethodPost {
		s.Next.ServeHTTP(w, r)
		return
	}
	if mode == evilErrors {
		refuse(w)
		return
	}
	r.Header.Del("Accept-Encoding") // or there is no JSON to be seen
	recorded := httptest.NewRecorder()
	s.Next.ServeHTTP(recorded, r)
	body := recorded.Body.Bytes()
	var value any
	if json.Unmarshal(body, &value) == nil {
		body, _ = json.Marshal(spoil(value, "", mode))
	}
	for key, values := range recorded.Header() {
		w.Header()[key] = values
	}
	w.Header().Del("Content-Length")
	w.WriteHeader(recorded.Code)
	_, _ = w.Write(body)
}

// refuse writes what net/http does not: a reason phrase of one's own.
func refuse(w http.ResponseWriter) {
	conn, buffered, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(err)
	}
	defer conn.Close()
	body, _ := json.Marshal(map[string]string{"message": "no" + Evil, "detail": Evil, "error": Evil, "title": Evil})
	const head = "HTTP/1.1 418 %s\r\nContent-Type: application/json\r\nX-Request-Id: %s\r\n" +
		"Content-Length: %d\r\nConnection: close\r\n\r\n%s"
	fmt.Fprintf(buffered, head, "\x1b[2J\x1b]0;x\x07\u009b31m\u202e", "\u009b31m\u202e", len(body), body)
	_ = buffered.Flush()
}

// secretField is what has to stay what it is for a client to get on.
var secretField = regexp.MustCompile(`(?i)token|kubeconfig|certificate|(^|[a-z])id$`)

func spoil(value any, key string, mode hostility) any {
	switch value := value.(type) {
	case map[string]any:
		for k, v := range value {
			value[k] = spoil(v, k, mode)
		}
	case []any:
		for i, v := range value {
			value[i] = spoil(v, key, mode)
		}
	case string:
		if !secretField.MatchString(key) && (mode == evilStrings || written.MatchString(key)) {
			return value + Evil
		}
	}
	return value
}

// Walk runs every command of a plugin, in every form of output that it knows, while the server is hostile, and checks
// what it prints. Values are those of flags, by name, that a command is given if it has them; skipped are commands by
// their words after the plugin's name, and why they are not run. A command that comes to be is walked, too.
func Walk(t *testing.T, server *Server, process plugin.Process, grow func(plugin.Process) plugin.Tree,
	values, skipped map[string]string) {
	t.Helper()
	var seen []string
	all := leaves(grow(process).Command)
	for _, leaf := range all {
		words := wordsOf(leaf)
		if skipped[words] != "" {
			continue
		}
		shown := false
		t.Run(words, func(t *testing.T) {
			for _, args := range variants(leaf, strings.Fields(words), values) {
				for mode := evilNames; mode <= evilErrors; mode++ {
					server.Mode.Store(int32(mode))
					shown = run(t, process, grow, args) || shown
				}
			}
		})
		if shown {
			seen = append(seen, words)
		}
	}
	server.Mode.Store(int32(harmless))
	t.Logf("%d of %d commands show what others wrote: %s", len(seen), len(all), strings.Join(seen, ", "))
	if len(seen) < len(all)/5 {
		t.Error("too few commands show what others wrote to say anything of them")
	}
}

// leaves are the commands of a tree that do something.
func leaves(root *cobra.Command) (all []*cobra.Command) {
	var collect func(c *cobra.Command)
	collect = func(c *cobra.Command) {
		if c.Runnable() && !c.HasSubCommands() {
			all = append(all, c)
		}
		for _, sub := range c.Commands() {
			collect(sub)
		}
	}
	collect(root)
	return all
}

// wordsOf are a command's words after the plugin's name.
func wordsOf(c *cobra.Command) string {
	_, words, _ := strings.Cut(c.CommandPath(), " ")
	if _, after, ok := strings.Cut(words, " "); ok && strings.HasPrefix(c.CommandPath(), "kubectl ") {
		words = after
	}
	return words
}

// variants are the ways in which a command is called.
func variants(c *cobra.Command, words []string, values map[string]string) (all [][]string) {
	for _, call := range calledAs(c, words, values) {
		all = append(all, call, append(slices.Clone(call), "-v"))
		if c.Flags().Lookup("output") == nil {
			continue
		}
		for _, format := range []string{"name", "wide", "json", "yaml",
			"custom-columns=N:.metadata.name,D:.description",
			"jsonpath={..name}{..description}{..displayName}",
			"go-template={{.}}"} {
			all = append(all, append(slices.Clone(call), "--output="+format))
		}
	}
	return all
}

// calledAs are a command with its values, and the same with an argument where it takes one.
func calledAs(c *cobra.Command, words []string, values map[string]string) [][]string {
	for name, value := range values {
		if name != "" && c.Flags().Lookup(name) != nil {
			words = append(words, "--"+name+"="+value)
		}
	}
	calls := [][]string{words}
	if strings.Contains(c.Use, " ") && values[""] != "" {
		calls = append(calls, append(slices.Clone(words), values[""]))
	}
	return calls
}

// patience is how long one command may take: one that waits for something is ended.
const patience = 3 * time.Second

// run reports whether the command showed anything of what the server and the files hold.
func run(t *testing.T, process plugin.Process, grow func(plugin.Process) plugin.Tree, args []string) (shown bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	var out, errOut bytes.Buffer
	process.In = strings.NewReader("")
	process.Out, process.ErrOut = plugin.NewStream(&out), plugin.NewStream(&errOut)
	plugin.Run(ctx, process, grow(process), args)
	for name, text := range map[string]string{"stdout": out.String(), "stderr": errOut.String()} {
		if i := strings.IndexFunc(text, controls); i >= 0 {
			t.Errorf("%q: %s controls the terminal: %.100q", args, name, text[max(0, i-60):])
		}
		asked := slices.ContainsFunc(args, func(arg string) bool { // as the data is, which kubectl prints so, too
			return strings.HasPrefix(arg, "--output=jsonpath") || strings.HasPrefix(arg, "--output=go-template")
		})
		if i := strings.Index("\n"+text, "\nFORGED"); i >= 0 && !(asked && name == "stdout") {
			t.Errorf("%q: %s has a line of somebody else: %.200q", args, name, text[max(0, i-160):])
		}
		shown = shown || strings.Contains(text, "FORGED")
	}
	return shown
}

func controls(r rune) bool { return r != '\n' && r != '\t' && !unicode.IsPrint(r) }
