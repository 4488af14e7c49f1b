package picker

import (
	"bytes"
	"strings"
	"unicode"
	"unicode/utf8"
)

// key is one that a person pressed.
type key int

const (
	unknown key = iota // it does nothing here
	letters            // with what was typed or pasted
	up
	down
	pageUp
	pageDown
	home
	end
	enter
	erase
	eraseWord
	eraseAll
	escape
	interrupt // Ctrl-C, which is a key of a terminal in raw mode
	hangUp    // Ctrl-D
	suspend
	redraw
	tab
)

// press is a key, with its text.
type press struct {
	key  key
	text string
}

const (
	esc          = 0x1b
	pasteStart   = "\x1b[200~"
	pasteEnd     = "\x1b[201~"
	longestPaste = 1 << 16 // of what is looked for an end in
)

// sequences are what terminals send for a key: the normal and the application form, and those of the Linux console,
// rxvt and PuTTY for Home and End.
var sequences = map[string]key{
	"[A": up, "OA": up, "[B": down, "OB": down, "[5~": pageUp, "[6~": pageDown,
	"[H": home, "OH": home, "[1~": home, "[7~": home, "[F": end, "OF": end, "[4~": end, "[8~": end,
	"[Z": up, "OM": enter, "\x7f": eraseWord,
}

// controls are the keys of one byte, with those that a shell's line has, and vi's and emacs' for up and down.
var controls = map[byte]key{
	'\r': enter, '\n': enter, '\t': tab, 0x7f: erase, 0x08: erase, 0x17: eraseWord, 0x15: eraseAll,
	0x03: interrupt, 0x04: hangUp, 0x1a: suspend, 0x0c: redraw, 0x10: up, 0x0b: up, 0x0e: down,
}

// decode returns the first key of what a terminal sent, and how many bytes it takes: none if more has to come. Nothing
// more comes if ended: an escape that was alone until then is the key.
func decode(data []byte, ended bool) (press, int) {
	switch {
	case len(data) == 0:
		return press{}, 0
	case data[0] == esc:
		return decodeEscape(data, ended)
	case data[0] < 0x20 || data[0] == 0x7f:
		return press{key: controls[data[0]]}, 1
	case !utf8.FullRune(data) && !ended:
		return press{}, 0
	}
	r, n := utf8.DecodeRune(data)
	if r == utf8.RuneError || !unicode.IsPrint(r) {
		return press{}, n
	}
	return press{letters, string(r)}, n
}

func decodeEscape(data []byte, ended bool) (press, int) {
	if bytes.HasPrefix(data, []byte(pasteStart)) {
		return decodePaste(data, ended)
	}
	n := sequenceLength(data)
	switch {
	case n == 0 && ended:
		return press{key: escape}, len(data)
	case n == 0:
		return press{}, 0
	case n == 1: // a second escape
		return press{key: escape}, 1
	}
	return press{key: sequences[string(data[1:n])]}, n
}

// decodePaste takes the first line of what was pasted. Its line end is not Enter: a person who pastes looks first.
func decodePaste(data []byte, ended bool) (press, int) {
	text, n := data[len(pasteStart):], len(data)
	if at := bytes.Index(text, []byte(pasteEnd)); at >= 0 {
		text, n = text[:at], len(pasteStart)+at+len(pasteEnd)
	} else if !ended && len(data) < longestPaste {
		return press{}, 0
	}
	line := strings.TrimLeft(string(text), "\r\n\t ")
	if at := strings.IndexAny(line, "\r\n"); at >= 0 {
		line = line[:at]
	}
	return press{letters, strings.Map(func(r rune) rune {
		if r == '\t' {
			return ' '
		}
		if !unicode.IsPrint(r) || r == utf8.RuneError {
			return -1
		}
		return r
	}, line)}, n
}

// sequenceLength is the length of the sequence that data begins with, as ECMA-48 has it in its section 5.4: none if its
// end is missing.
func sequenceLength(data []byte) int {
	if len(data) < 2 {
		return 0
	}
	switch data[1] {
	case esc:
		return 1
	case 'O': // SS3, of keys in application mode
		if len(data) < 3 {
			return 0
		}
		return 3
	case '[':
	default: // Alt with a key
		return 2
	}
	if bytes.HasPrefix(data, []byte("\x1b[[")) { // a function key of the Linux console
		if len(data) < 4 {
			return 0
		}
		return 4
	}
	for i, b := range data[2:] {
		if b >= 0x40 && b <= 0x7e {
			return i + 3
		}
		if b < 0x20 || b > 0x7e { // not a sequence: the byte is a key of its own
			return i + 2
		}
	}
	return 0
}
