package scripttest

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync"

	"github.com/rogpeppe/go-internal/testscript"
)

func secretCommands() map[string]command {
	return map[string]command{
		"watch": {secret, "", "starts to collect secrets, and the arguments of all processes at each request", 0, 0,
			watch},
		"observe": {secret, "COMMAND…", "runs a command, however it ends, for what it prints", 1, many, observe},
		"token":   {secret, "COMMAND…", "runs a command whose purpose is to print a token", 1, many, token},
		"secretless": {secret, "[FOLDER…]",
			"checks that no file below these folders holds a token; without a folder, that " +
				"nothing written or printed since watch holds a secret, but the cache's files, the keys that the " +
				"script " +
				"was given, " +
				"and the output of token", 0, many, secretless},
	}
}

// secrecy collects what must not be seen, and what could be seen of it.
type secrecy struct {
	mu      sync.Mutex
	secrets map[string]string // to what they are
	argv    map[string]bool   // of every process there was during a request
	printed map[string]string // by command line
}

func watch(ts *testscript.TestScript, w *World, _ []string) error {
	w.secrecy = &secrecy{secrets: map[string]string{}, argv: map[string]bool{}, printed: map[string]string{}}
	w.Requests.tell(w.secrecy.request)
	ts.Defer(func() { w.Requests.tell(nil) })
	for _, name := range slices.Sorted(maps.Keys(keyFiles())) {
		data, err := os.ReadFile(filepath.Join(w.Env.WorkDir, name))
		if err != nil {
			return err
		}
		var key struct{ Credentials struct{ PrivateKey string } }
		if err := json.Unmarshal(data, &key); err != nil {
			return err
		}
		for _, line := range strings.Split(key.Credentials.PrivateKey, "\n") {
			if !strings.HasPrefix(line, "-----") {
				w.secrecy.add("private key of "+name, line)
			}
		}
	}
	return nil
}

// add notes a secret; a JWT's parts count on their own, but for its header, which is the same for all.
func (s *secrecy) add(what, secret string) {
	parts := strings.Split(secret, ".")
	if len(parts) == 3 {
		parts = parts[1:]
	}
	for _, part := range parts {
		if len(part) > 16 {
			s.secrets[part] = what
		}
	}
}

// request collects the credentials of a request, and the arguments of the processes that are running while it is sent.
func (s *secrecy) request(r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer "); ok {
		s.add("access token", token)
	}
	if body, err := io.ReadAll(r.Body); err == nil {
		r.Body = io.NopCloser(bytes.NewReader(body))
		if form, err := url.ParseQuery(string(body)); err == nil {
			s.add("assertion", form.Get("assertion"))
		}
	}
	arguments, _ := filepath.Glob("/proc/[0-9]*/cmdline")
	for _, path := range arguments {
		if data, err := os.ReadFile(path); err == nil { // else it has ended
			s.argv[string(bytes.ReplaceAll(data, []byte{0}, []byte{' '}))] = true
		}
	}
}

func observe(ts *testscript.TestScript, w *World, args []string) error {
	_ = ts.Exec(args[0], args[1:]...)
	w.secrecy.printed[strings.Join(args, " ")] = ts.ReadFile("stdout") + ts.ReadFile("stderr")
	return nil
}

func token(ts *testscript.TestScript, w *World, args []string) error {
	if err := ts.Exec(args[0], args[1:]...); err != nil {
		return err
	}
	tokens := jwt.FindAllString(ts.ReadFile("stdout"), -1)
	if len(tokens) != 1 {
		return fmt.Errorf("%d tokens", len(tokens))
	}
	w.secrecy.add("token that was asked for", tokens[0])
	w.secrecy.printed[strings.Join(args, " ")] = ts.ReadFile("stderr")
	return nil
}

// jwt and stackStateToken are what tokens look like.
var (
	jwt             = regexp.MustCompile(`eyJ[\w-]{10,}(\.[\w-]*)*`)
	member          = regexp.MustCompile(`^\{"\w+":`) // of JSON, the first
	stackStateToken = regexp.MustCompile(`(svc|api)tok-`)
)

// holdsToken reports whether a part of the text decodes to the beginning of a token. What is sealed has the letters of
// one by chance now and then.
func holdsToken(text string) bool {
	for _, found := range jwt.FindAllString(text, -1) {
		head, _, _ := strings.Cut(found, ".")
		decoded, err := base64.RawURLEncoding.DecodeString(head[:len(head)/4*4])
		if err == nil && member.Match(decoded) {
			return true
		}
	}
	return false
}

// readFiles returns what may not hold a secret, and collects the tokens in the cache.
func (s *secrecy) readFiles(root string) (map[string]string, error) {
	files := map[string]string{}
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		name, err := filepath.Rel(root, path)
		if err != nil || keyFiles()[name] != "" {
			return err
		}
		data, err := os.ReadFile(path)
		if strings.HasPrefix(name, "runtime/kubectl-edge/tokens/") && strings.HasSuffix(name, ".token") {
			for _, token := range jwt.FindAllString(string(data), -1) {
				s.add("cached token", token)
			}
			return err
		}
		files[name] = string(data)
		return err
	})
	return files, err
}

// withoutTokens looks for tokens in the files of folders.
func withoutTokens(ts *testscript.TestScript, folders []string) error {
	for _, folder := range folders {
		err := filepath.WalkDir(ts.MkAbs(folder), func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			data, err := os.ReadFile(path)
			if found := stackStateToken.Find(data); found != nil || jwt.Match(data) {
				return fmt.Errorf("%s holds a token", path)
			}
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// secretless looks at folders, or at all that was written or printed since watch, but for the cache's files, the keys
// that the script was given, and the output of token.
func secretless(ts *testscript.TestScript, w *World, args []string) error {
	if len(args) > 0 {
		return withoutTokens(ts, args)
	}
	s := w.secrecy
	s.mu.Lock()
	defer s.mu.Unlock()
	files, err := s.readFiles(w.Env.WorkDir)
	if err != nil {
		return err
	}
	kinds := map[string]bool{}
	for _, what := range s.secrets {
		kinds[what] = true
	}
	for _, want := range []string{
		"private key of admin.json", "access token", "assertion", "cached token", "token that was asked for",
	} {
		if !kinds[want] {
			return fmt.Errorf("the test is at fault: it has seen no %s", want)
		}
	}
	if len(s.argv) == 0 && runtime.GOOS == "linux" {
		return errors.New("the test is at fault: it has seen no process")
	}

	var errs []error
	look := func(where, text string, anyToken bool) {
		for secret, what := range s.secrets {
			if strings.Contains(text, secret) {
				errs = append(errs, fmt.Errorf("%s: holds a %s", where, what))
			}
		}
		if anyToken && holdsToken(text) {
			errs = append(errs, fmt.Errorf("%s: holds what looks like a token", where))
		}
	}
	for name, content := range files {
		look("file "+name, content, true)
	}
	for command, output := range s.printed {
		look("output of "+command, output, true)
	}
	for arguments := range s.argv {
		look("arguments", arguments, false) // of all processes of this machine, some of which are not the test's
	}
	ts.Logf("looked for %d secrets in %d files, %d outputs and %d command lines",
		len(s.secrets), len(files), len(s.printed), len(s.argv))
	return errors.Join(errs...)
}
