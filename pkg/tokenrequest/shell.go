package tokenrequest

import "strings"

// shellCall finds what the arguments of a shell run, if that is one program and nothing else. A whole grammar of shells
// is neither needed nor wanted here: what is not plain is not sure.
func shellCall(args []string) (Call, bool) {
	script, positional, ok := shellScript(args)
	if !ok {
		return mentioned(args)
	}
	words, ok := splitWords(script, positional)
	if !ok {
		return mentioned(args)
	}
	var env []string
	for len(words) > 0 {
		name, _, assigns := strings.Cut(words[0].text, "=")
		if assigns && isVariable(name) && !words[0].quotedFrom(len(name)) {
			env = append(env, words[0].text)
		} else if words[0].text != "exec" && words[0].text != "command" {
			break
		}
		words = words[1:]
	}
	if len(words) == 0 {
		return Call{}, false
	}
	program := words[0]
	if program.open && strings.ContainsAny(program.text[strings.LastIndexAny(program.text, `/\`)+1:], "$~") {
		return mentioned(args)
	}
	call, ours := FindCall(program.text, texts(words[1:]))
	call.Env = append(env, call.Env...)
	for _, w := range words[1:] {
		call.Sure = call.Sure && !w.open
	}
	return call, ours
}

// shellScript returns the script after -c and its positional parameters, from $1.
func shellScript(args []string) (script string, positional []string, ok bool) {
	isScript := false
	for i := 0; i < len(args); i++ {
		arg := args[i]
		switch {
		case arg == "--login" || arg == "--norc" || arg == "--noprofile" || arg == "--posix":
		case len(arg) > 1 && (arg[0] == '-' || arg[0] == '+') && arg[1] != '-':
			isScript = isScript || arg[0] == '-' && strings.Contains(arg, "c")
			if strings.HasSuffix(arg, "o") { // -o NAME, also as in -euo pipefail
				i++
			}
		case isScript:
			if arg == "--" && i+1 < len(args) {
				i++
			}
			return args[i], args[min(i+2, len(args)):], true
		default:
			return "", nil, false
		}
	}
	return "", nil, false
}

// word is a word of a shell's command.
type word struct {
	text   string
	open   bool // what it becomes is the shell's to say: it has a variable in it, or begins with ~
	quoted int  // offset of the first quoted byte in text, -1 without one
}

// quotedFrom reports whether something before the offset is quoted.
func (w word) quotedFrom(offset int) bool { return w.quoted >= 0 && w.quoted <= offset }

func texts(words []word) (all []string) {
	for _, w := range words {
		all = append(all, w.text)
	}
	return all
}

// splitWords splits a command as POSIX shells do (§2.2, §2.6 of the Shell Command Language), if there is nothing to it
// but words: "$@" stands for the positional parameters, and a variable may be part of a word where that stays one word.
func splitWords(script string, positional []string) (words []word, ok bool) {
	script = strings.TrimSpace(script)
	for script != "" {
		if rest, found := strings.CutPrefix(script, `"$@"`); found && (rest == "" || rest[0] == ' ') {
			for _, p := range positional {
				words = append(words, word{text: p, quoted: 0})
			}
			script = strings.TrimLeft(rest, " \t")
			continue
		}
		w, rest, ok := firstWord(script)
		if !ok {
			return nil, false
		}
		words, script = append(words, w), strings.TrimLeft(rest, " \t")
	}
	return words, true
}

// firstWord takes the first word off a script that begins with one.
func firstWord(script string) (w word, rest string, ok bool) {
	w.quoted = -1
	quote := func() {
		if w.quoted < 0 {
			w.quoted = len(w.text)
		}
	}
	for i := 0; i < len(script); i++ {
		switch c := script[i]; {
		case c == ' ' || c == '\t':
			return w, script[i:], true
		case c == '\'':
			quote()
			end := strings.IndexByte(script[i+1:], '\'')
			if end < 0 {
				return w, "", false
			}
			w.text += script[i+1 : i+1+end]
			i += end + 1
		case c == '"':
			quote()
			text, open, length, ok := doubleQuoted(script[i+1:])
			if !ok {
				return w, "", false
			}
			w.text, w.open = w.text+text, w.open || open
			i += length
		case c == '\\' && i+1 < len(script) && script[i+1] != '\n':
			quote()
			w.text += script[i+1 : i+2]
			i++
		case c == '~' && i == 0 && strings.HasPrefix(script, "~/"):
			w.text, w.open = "~", true
		case c == '$' && (strings.HasPrefix(script[i:], "$HOME/") || strings.HasPrefix(script[i:], "${HOME}/")):
			// Of all variables, this is the one that is used bare. With a space in it the entry would not work at all.
			w.text, w.open = w.text+"$HOME", true
			i += strings.IndexByte(script[i:], '/') - 1
		case strings.IndexByte("\n\r;&|<>()$`*?[]{}~#!\\", c) >= 0:
			return w, "", false
		default:
			w.text += script[i : i+1]
		}
	}
	return w, "", true
}

// doubleQuoted reads to the closing quote: its text, whether a variable is part of it, and how many bytes that are.
func doubleQuoted(script string) (text string, open bool, length int, ok bool) {
	for i := 0; i < len(script); i++ {
		switch c := script[i]; {
		case c == '"':
			return text, open, i + 1, true
		case c == '\\' && i+1 < len(script) && strings.IndexByte("$`\"\\", script[i+1]) >= 0:
			text += script[i+1 : i+2]
			i++
		case c == '`':
			return "", false, 0, false
		case c == '$':
			name, braced := strings.CutPrefix(script[i+1:], "{")
			end := strings.IndexFunc(name, func(r rune) bool { return !variableRune(r) })
			if end <= 0 || braced && name[end] != '}' {
				return "", false, 0, false
			}
			text, open = text+"$"+name[:end], true
			if i += end; braced {
				i += 2
			}
		default:
			text += script[i : i+1]
		}
	}
	return "", false, 0, false
}

func variableRune(r rune) bool {
	return r == '_' || 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9'
}

func isVariable(name string) bool {
	return name != "" && (name[0] < '0' || name[0] > '9') &&
		strings.IndexFunc(name, func(r rune) bool { return !variableRune(r) }) < 0
}
