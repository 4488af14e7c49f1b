package audit

import (
	"net/url"
	"strings"
)

// verdict is what is found of a scalar: a secret of some kind, or something that is not known to be harmless, which is
// not shown either.
type verdict struct {
	kind   Kind // "" if it is not a secret
	hidden bool
}

var shown = verdict{}

// certain is the verdict on what is a secret or harmless, and nothing in between.
func certain(kind Kind, secret bool) verdict {
	if secret {
		return verdict{kind, true}
	}
	return shown
}

// judge decides about a value, whose field, flag or variable has the given name.
func (s *search) judge(value, name string, at place) verdict {
	path := fieldPath(at)
	if at.user != nil {
		return s.judgeOfUser(value, name, path)
	}
	field := last(path)
	if at.talos != nil && field == "key" && len(path) == 1 {
		return certain(Talosconfig, !placeholder(value) || s.evident(value))
	}
	if strings.Contains(value, "://") {
		if _, has, user := credentialsOf(value); has || user && field == "proxy-url" {
			return verdict{URL, true}
		}
	}
	if field == "certificate-authority-data" || field == "client-certificate-data" {
		start, _ := known(value) // a private key in its place
		return certain(UnknownField, start >= 0)
	}
	if field == "name" || at.entry != "" && len(at.path) > 0 && at.path[0] == "context" {
		start, _ := known(value)
		return certain(UnknownField, start >= 0)
	}
	return certain(UnknownField, s.named(name, value) || s.evident(value))
}

func last(path []string) string {
	if len(path) == 0 {
		return ""
	}
	return path[len(path)-1]
}

// credentialsOf reports whether a URL has a password, or a user.
func credentialsOf(value string) (u *url.URL, password, user bool) {
	u, err := url.Parse(value)
	if err != nil || u.User == nil || u.Host == "" {
		return u, false, false
	}
	word, has := u.User.Password()
	return u, has && !placeholder(word), !placeholder(u.User.Username())
}

// judgeOfUser decides about a scalar of a user, which is hidden unless it is known to be harmless.
func (s *search) judgeOfUser(value, name string, path []string) verdict {
	field, section, rest := "", "", []string(nil)
	if len(path) > 0 {
		field = path[0]
	}
	if len(path) > 1 {
		section, rest = path[1], path[2:]
	}
	switch {
	case field == "token":
		return certain(Token, !placeholder(value) && !namesItself(field, value) || s.evident(value))
	case field == "client-key-data":
		return certain(ClientKey, !placeholder(value) && !namesItself(field, value) || s.evident(value))
	case field == "password":
		return certain(Password, !placeholder(value) && !namesItself(field, value) || s.evident(value))
	case field == "exec" && section == "args":
		return s.judgeArgument(value, name)
	case field == "exec" && section == "env":
		if name == "name" && last(rest) == "name" {
			return certain(ExecEnvironment, s.evident(value))
		}
		return s.judgeValue(value, name, ExecEnvironment)
	case field == "auth-provider" && section == "config":
		return s.judgeValue(value, name, AuthProvider)
	case field == "" || public(field, section):
		return certain(UnknownField, s.evident(value) || randomName(field, value))
	}
	return s.judgeValue(value, name, UnknownField)
}

// public reports whether a field of a user that client-go knows says nothing secret.
func public(field, section string) bool {
	switch field {
	case "client-certificate", "client-certificate-data", "client-key", "tokenFile", "username", "as", "as-uid",
		"as-groups", "as-user-extra":
		return true
	case "auth-provider":
		return section == "name"
	case "exec":
		return section == "apiVersion" || section == "command" || section == "installHint" ||
			section == "interactiveMode" || section == "provideClusterInfo"
	}
	return false
}

// randomName reports whether a value that should be a user's name, or the path of a file, is drawn at random.
func randomName(field, value string) bool {
	switch field {
	case "username", "tokenFile", "client-key", "client-certificate":
		return random(value) && !path(value) && !strings.ContainsAny(value, "_-@")
	}
	return false
}

// named reports whether a value is a secret because of its name.
func (n *names) named(name, value string) bool {
	if strings.Contains(strings.TrimSpace(value), "\n") { // a script credentials.sh, say, whose lines are looked at
		return false
	}
	switch n.kind(name) {
	case secretName:
		return !plain(value) && !namesItself(name, value)
	case weakName:
		return strong(value) && !placeholder(value) || loginForm(value)
	}
	return false
}

// judgeValue decides about the value of a variable, a flag or a field of this name.
func (s *search) judgeValue(value, name string, kind Kind) verdict {
	switch {
	case value == "" || placeholder(value):
		return certain(kind, s.evident(value))
	case public64(value):
		return shown
	case s.codes(value, kind):
		return verdict{kind, true}
	case s.named(name, value), s.evident(value), random(value) && s.kind(name) != aboutName, login(name, value):
		return verdict{kind, true}
	case strings.ContainsAny(value, " \t\n"): // a command, say
		return s.judgeWords(value, kind)
	case s.kind(name) == aboutName && random(value): // an identifier more often than not
		return verdict{hidden: true}
	case s.kind(name) == aboutName || s.kind(name) == unknownName && ordinary(value) || plain(value):
		return shown
	}
	return verdict{hidden: true}
}

// codes reports whether a value is the base64 of a text with a secret.
func (s *search) codes(value string, kind Kind) bool {
	text := codedText(value)
	return text != "" && (s.evident(text) || s.judgeWords(text, kind).kind != "")
}

// judgeArgument decides about an argument, after the flag whose value it may be.
func (s *search) judgeArgument(value, flag string) verdict {
	name, rest, _ := strings.Cut(value, "=")
	assigned := strings.Trim(rest, "=") != "" // else it is the padding of base64
	if start, _ := known(name); start >= 0 {
		return verdict{ExecArgument, true}
	}
	switch {
	case isFlag(value) && !strings.ContainsAny(name, " \t\n"):
		if assigned {
			return s.judgeValue(rest, name, ExecArgument)
		}
		if short := glued(value); short != "" {
			return s.judgeValue(short, value[:2], ExecArgument)
		}
		return certain(ExecArgument, s.evident(value))
	case assigned && wordsOnly(name) && strings.ContainsAny(rest, " \t\n") && handsOver(value):
		return verdict{ExecArgument, true}
	case assigned && wordsOnly(name):
		if word, _, end := shellWord(rest, 0); end < len(rest) && placeholder(word) { // a shell's text begins so
			if s.evident(value) {
				return verdict{ExecArgument, true}
			}
			return s.judgeWords(value, ExecArgument)
		}
		return s.judgeValue(rest, name, ExecArgument)
	case loginAlone(value, isOne(flag, loginCommands)):
		return verdict{ExecArgument, true}
	case !isFlag(flag):
		flag = ""
	}
	return s.judgeValue(value, flag, ExecArgument)
}

// loginCommands are followed by whom to log in.
var loginCommands = []string{"login", "signin", "auth", "authenticate"}

// judgeWords decides about a text of several words as a shell would split it, roughly.
func (s *search) judgeWords(text string, kind Kind) verdict {
	flag, program := "", ""
	all := shown
	if handsOver(text) {
		return verdict{kind, true}
	}
	for at := 0; at < len(text); {
		word, commands, end := shellWord(text, at)
		before, last := strings.TrimLeft(text[at:end], " \t\r\n"), word
		lines := text[at : end-len(before)]
		at = end
		word = strings.Trim(word, "\"';()")
		if program == "" || strings.Contains(lines, "\n") {
			program = programName(word)
		}
		if flag == "-p" && !takesPassword(program, text) {
			flag = ""
		}
		v := s.judgeArgument(word, flag)
		if digest().MatchString(word) && summing().MatchString(text) {
			v = verdict{hidden: true}
		}
		for _, command := range commands {
			if within := s.judgeWords(command, kind); within.kind != "" {
				v = within
			}
		}
		if v.kind != "" {
			return verdict{kind, true}
		}
		all.hidden = all.hidden || v.hidden
		flag = ""
		if isFlag(word) && !strings.Contains(word, "=") || isOne(word, loginCommands) {
			flag = word
		}
		if strings.HasSuffix(last, ";") || strings.HasSuffix(last, "|") || strings.HasSuffix(last, "&") {
			program = ""
		}
	}
	return all
}

var (
	digest = onFirstUse(`^([0-9a-f]{32}|[0-9a-f]{40}|[0-9a-f]{64}|[0-9a-f]{96}|[0-9a-f]{128})$`)
	// summing matches the programs that compare digests.
	summing = onFirstUse(`\b((sha[0-9]*|md5|b2)sum|dgst|Get-FileHash)\b`)
)

// shellWord is the word of a text from a place on, and where it ends. For a command whose output is part of it, as in
// TOKEN=$(pass show token), $_ stands in the word.
func shellWord(text string, at int) (word string, commands []string, end int) {
	for at < len(text) && isSpace(text[at]) {
		at++
	}
	var b strings.Builder
	for end = at; end < len(text) && !isSpace(text[end]); {
		after := referenceEnd(text, end)
		switch {
		case after > end && (text[end] == '`' || text[end+1] == '('):
			b.WriteString("$_")
			commands = append(commands, strings.TrimPrefix(text[end+1:after-1], "("))
		case after > end:
			b.WriteString(withoutSpace(text[end:after])) // a word has none
		default:
			after = end + 1
			b.WriteByte(text[end])
		}
		end = after
	}
	return b.String(), commands, end
}

func isSpace(c byte) bool { return c == ' ' || c == '\t' || c == '\r' || c == '\n' }

func isFlag(argument string) bool {
	return strings.HasPrefix(argument, "-") && !strings.HasPrefix(argument, "-----")
}

func wordsOnly(name string) bool {
	for i := range len(name) {
		if c := name[i]; !letter(c) && !digit(c) && strings.IndexByte("_-.", c) < 0 {
			return false
		}
	}
	return name != ""
}

// glued is the value of a short flag that is written without a space: -ppassword as MySQL takes it, and -uuser:password
// as curl does. What begins like a long flag, as Go programs take those with one dash, has none.
func glued(argument string) string {
	if len(argument) < 4 || argument[1] != 'p' && argument[1] != 'u' {
		return ""
	}
	value := argument[2:]
	if argument[1] == 'u' {
		return map[bool]string{true: value}[loginForm(value)]
	}
	if strings.ContainsAny(value, digits) && !strings.Contains(value, "-") {
		return value
	}
	word, _, _ := strings.Cut(strings.ToLower(argument[1:]), "-")
	for _, long := range []string{"p", "path", "pod", "pool", "port", "policy", "param", "plat", "plug", "ping", "pipe",
		"perm", "pre", "pri", "pro", "pub", "pull", "push", "parent", "part", "pass", "peer", "pem", "per", "place"} {
		if strings.HasPrefix(word, long) && (long != "p" || len(word) == 1) {
			return ""
		}
	}
	return value
}

// login reports whether the value of this flag is a password, or a user name with one, as curl and others take them.
func login(flag, value string) bool {
	switch flag {
	case "-p":
		return !plain(value) && !uuidForm().MatchString(value) && !numberForm().MatchString(value)
	case "--basic":
		return loginForm(value) || userAndPassword(value)
	case "-E", "--cert", "--proxy-cert": // curl takes the password of a certificate's file behind it
		i := strings.LastIndexByte(value, ':')
		return i > 1 && !placeholder(value[i+1:]) && !path(value[i+1:])
	}
	return isOne(flag, loginFlags) && loginForm(value)
}

// loginFlags take a user name with a password.
var loginFlags = []string{"-u", "-U", "--user", "--proxy-user", "--userpass", "--basic"}

// loginForm matches a user name with a password: neither a host with a port, nor a name of Kubernetes such as
// system:node:n1.
func loginForm(value string) bool {
	user, password, found := strings.Cut(value, ":")
	return found && user != "" && user != "system" && user != "oidc" && !strings.ContainsAny(value, " /") &&
		!placeholder(password) && !(numberForm().MatchString(password) &&
		(hostForm().MatchString(user) || numberForm().MatchString(user))) // a port, or the ids of user and group
}
