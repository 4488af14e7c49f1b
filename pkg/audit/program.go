package audit

import (
	pathpkg "path"
	"slices"
	"strings"
)

// Some secrets have no name that tells: the letter of a flag means one thing to one program and another to the next,
// and what a program asks for is fed to it. So it is known here of programs that people call to get a token.

// taker says how a program takes secrets.
type taker struct {
	flags []string // short ones, and others whose names do not tell, before a secret
	after string   // a command of the program whose first argument is a secret
	first bool     // its first argument is one
	stdin string   // the flag with which it reads one from its standard input; "*" is always
}

// takerOf is what is known of a program.
func takerOf(program string) taker {
	switch program {
	case "doctl", "glab", "fly":
		return taker{flags: []string{"-t"}}
	case "ldapsearch", "ldapmodify", "ldapadd", "ldapdelete", "ldapwhoami", "ldapcompare", "ldapmodrdn":
		return taker{flags: []string{"-w"}}
	case "ldappasswd":
		return taker{flags: []string{"-w", "-a", "-s"}}
	case "redis-cli", "valkey-cli":
		return taker{flags: []string{"-a"}}
	case "openssl":
		return taker{flags: []string{"-k", "-K"}, stdin: "stdin"}
	case "ipmitool", "sqlcmd", "bcp", "mosquitto_pub", "mosquitto_sub":
		return taker{flags: []string{"-P"}}
	case "http", "https", "xh", "xhs":
		return taker{flags: []string{"-a", "--auth"}}
	case "op":
		return taker{flags: []string{"--session"}, stdin: "signin"}
	case "bw":
		return taker{flags: []string{"--session"}, after: "unlock"}
	case "vault", "bao":
		return taker{after: "login", stdin: "login"}
	case "convertto-securestring":
		return taker{first: true, stdin: "*"}
	case "kinit", "chpasswd", "cryptsetup", "kpasswd":
		return taker{stdin: "*"}
	case "sudo":
		return taker{stdin: "-S"}
	case "gh":
		return taker{stdin: "--with-token"}
	case "gpg", "gpg2":
		return taker{stdin: "--passphrase-fd"}
	}
	return taker{}
}

// notPassword are programs to which -p is not a password.
var notPassword = []string{"mkdir", "cp", "mv", "install", "ssh", "sftp", "scp", "rsync", "nc", "ncat", "netcat",
	"psql", "pg_dump",
	"redis-cli", "read", "ps", "pgrep", "kill", "tee", "wget", "git", "patch", "xargs", "export", "declare",
	"set", "type", "command", "time", "docker", "podman", "nerdctl", "nmap", "python", "python3", "touch", "rmdir",
	"mktemp", "stat", "unzip", "zstd", "file", "jq", "bash", "sh", "dirname", "mount", "netstat", "ss", "lsof", "tsh",
	"gardenctl", "kubectl", "node", "perl", "grep"}

// takesPassword reports whether -p is a password to a program, which is called in the given text.
func takesPassword(program, text string) bool {
	return !isOne(program, notPassword) || strings.Contains(text, "login")
}

// programName is what a program is called, wherever it lies.
func programName(command string) string {
	return strings.TrimSuffix(strings.ToLower(pathpkg.Base(strings.ReplaceAll(command, `\`, "/"))), ".exe")
}

// call is one call of a program.
type call struct {
	words []string
	input string // what its standard input is, where that stands in the text
}

// program is the name of the called program, and its arguments: what stands before it, such as variables and sudo, is
// no part of it.
func (c call) program() (name string, args []string) {
	for i, word := range c.words {
		base := programName(word)
		assigned := false
		if name, _, found := strings.Cut(word, "="); found {
			assigned = name == "" || wordsOnly(strings.TrimPrefix(name, "$"))
		}
		switch {
		case word == "" || assigned || isFlag(word) || strings.HasPrefix(word, "$"):
		case isOne(base, []string{"env", "exec", "command", "nohup", "time", "builtin", "then", "do", "else", "if", "!",
			"while", "until", "{", "return", "local", "export"}):
		case base == "sudo" && !isOne("-S", c.words):
		default:
			return base, c.words[i+1:]
		}
	}
	return "", nil
}

// secrets are the places, among a program's arguments, of those that are secrets because of what the program is.
func (p taker) secrets(args []string) (found []int) {
	wanted := p.first
	for i, arg := range args {
		switch {
		case i > 0 && isOne(args[i-1], p.flags),
			wanted && !isFlag(arg) && !strings.Contains(arg, "=") && !(i > 0 && judgeFlag(args[i-1]) == aboutName):
			wanted = false
			if !plain(arg) && !isFlag(arg) {
				found = append(found, i)
			}
		case p.after != "" && arg == p.after:
			wanted = true
		default:
			for _, flag := range p.flags { // -tTOKEN, -t=TOKEN
				rest, has := strings.CutPrefix(arg, flag)
				if rest = strings.TrimPrefix(rest, "="); !has || rest == "" || plain(rest) {
					continue
				}
				assigned := strings.HasPrefix(arg, flag+"=")
				if assigned || !strings.HasPrefix(flag, "--") && !wordForm().MatchString(rest) {
					found = append(found, i)
				}
			}
		}
	}
	return found
}

// judgeFlag is judgeName for what may be a flag.
func judgeFlag(arg string) nameKind {
	if !isFlag(arg) {
		return unknownName
	}
	return judgeName(arg)
}

// asks reports whether a program reads a secret from its standard input.
func (p taker) asks(args []string) bool {
	if p.stdin == "*" || p.stdin != "" && isOne(p.stdin, args) {
		return true
	}
	for _, arg := range args { // --password-stdin, --token-from-stdin
		name, end := strings.CutSuffix(arg, "stdin")
		if end && isFlag(arg) && judgeName(name) == secretName {
			return true
		}
	}
	return false
}

// handsOver reports whether a call in a shell's text hands a secret to a program.
func handsOver(text string) bool { return slices.ContainsFunc(calls(text), call.hands) }

// hands reports whether a call hands a secret to a program that no name says to be one.
func (c call) hands() bool {
	name, args := c.program()
	p := takerOf(name)
	return len(p.secrets(args)) > 0 || c.input != "" && p.asks(args) && !plain(c.input)
}

// written is what a call writes to its standard output, where that stands in the text.
func (c call) written() string {
	name, args := c.program()
	for len(args) > 0 && isFlag(args[0]) {
		args = args[1:]
	}
	switch {
	case name == "echo" || name == "write-output":
		return strings.Join(args, " ")
	case name == "printf" && len(args) > 1:
		return strings.Join(args[1:], " ")
	case name == "printf" && len(args) == 1:
		return strings.TrimSuffix(args[0], `\n`)
	case len(c.words) == 1: // of PowerShell
		return c.words[0]
	}
	return ""
}

// calls are those of a shell's text, roughly: pipes, here documents and here strings are followed, what is quoted is
// one word, and what commands print within it stands as a reference.
func calls(text string) (all []call) {
	var c call
	var word strings.Builder
	started, target := false, "" // target is what the next word is: "<<<" an input, ">" a file, "<<" a document's end
	var ends []string
	endWord := func() {
		if !started {
			return
		}
		switch w := word.String(); target {
		case "<<<":
			c.input = w
		case "<<":
			ends = append(ends, w)
		case "":
			c.words = append(c.words, w)
		}
		word.Reset()
		started, target = false, ""
	}
	endCall := func(pipe bool) {
		endWord()
		if len(c.words) > 0 {
			all = append(all, c)
		}
		next := call{}
		if pipe {
			next.input = c.written()
		}
		c = next
	}
	for i := 0; i < len(text); i++ {
		b := text[i]
		if after := referenceEnd(text, i); after > i {
			word.WriteString(withoutSpace(text[i:after]))
			started, i = true, after-1
			continue
		}
		rest := text[i:]
		switch {
		case b == '\'' || b == '"':
			n := quotedEnd(text, i)
			word.WriteString(text[i+1 : n])
			started, i = true, n
		case b == '\\' && i+1 < len(text):
			if i++; text[i] != '\n' {
				word.WriteByte(text[i])
				started = true
			}
		case strings.HasPrefix(rest, "<<<"), strings.HasPrefix(rest, "<<"):
			endWord()
			target = "<<"
			if strings.HasPrefix(rest, "<<<") {
				target = "<<<"
			}
			i += len(target) - 1
			if target == "<<" && i+1 < len(text) && text[i+1] == '-' {
				i++
			}
		case b == '>' || b == '<':
			endWord()
			target = ">"
			for i+1 < len(text) && strings.IndexByte(">&|", text[i+1]) >= 0 {
				i++
			}
		case b == '|':
			or := strings.HasPrefix(rest, "||")
			if or {
				i++
			}
			endCall(!or)
		case b == '\n':
			endWord()
			for _, end := range ends {
				var document string
				document, i = hereDocument(text, i, end)
				c.input = strings.TrimSpace(document)
			}
			ends = nil
			endCall(false)
		case strings.IndexByte(";&()", b) >= 0:
			endCall(false)
		case isSpace(b):
			endWord()
		default:
			word.WriteByte(b)
			started = true
		}
	}
	endCall(false)
	return all
}

// quotedEnd is where the quotation that begins at i ends: at its other mark, or at the end of the text.
func quotedEnd(text string, i int) int {
	mark := text[i]
	for at := i + 1; at < len(text); at++ {
		switch {
		case text[at] == mark:
			return at
		case text[at] == '\\' && mark == '"':
			at++
		}
	}
	return len(text)
}

// hereDocument is the text between the line end at i and the line that says end, and where the latter ends.
func hereDocument(text string, i int, end string) (document string, last int) {
	for at := i + 1; at < len(text); {
		line, _, _ := strings.Cut(text[at:], "\n")
		if strings.TrimSpace(line) == end {
			return text[i+1 : at], at + len(line) - 1
		}
		at += len(line) + 1
	}
	return text[min(i+1, len(text)):], len(text)
}
