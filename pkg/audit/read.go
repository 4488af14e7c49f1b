package audit

import (
	"bytes"
	"encoding/binary"
	"unicode/utf16"
	"unicode/utf8"
)

// toUTF8 returns a text in UTF-8 without a byte order mark. Editors on Windows, and PowerShell's ">", write UTF-16;
// kubectl reads it with a mark, and what has none is a secret all the same. PowerShell writes UTF-32, too.
func toUTF8(data []byte) []byte {
	var order binary.ByteOrder
	switch {
	case bytes.HasPrefix(data, []byte("\xef\xbb\xbf")):
		return data[3:]
	case bytes.HasPrefix(data, []byte{0xff, 0xfe, 0, 0}): // before UTF-16's mark, which is its beginning
		return utf32(data[4:], binary.LittleEndian)
	case bytes.HasPrefix(data, []byte{0, 0, 0xfe, 0xff}):
		return utf32(data[4:], binary.BigEndian)
	case wide(data, 4, 0):
		return utf32(data, binary.LittleEndian)
	case wide(data, 4, 3):
		return utf32(data, binary.BigEndian)
	case bytes.HasPrefix(data, []byte{0xff, 0xfe}):
		order, data = binary.LittleEndian, data[2:]
	case bytes.HasPrefix(data, []byte{0xfe, 0xff}):
		order, data = binary.BigEndian, data[2:]
	case wide(data, 2, 0):
		order = binary.LittleEndian
	case wide(data, 2, 1):
		order = binary.BigEndian
	default:
		return data
	}
	text := make([]byte, 0, len(data)/2+utf8.UTFMax)
	for i := 0; i+1 < len(data); i += 2 {
		r := rune(order.Uint16(data[i:]))
		if utf16.IsSurrogate(r) && i+3 < len(data) {
			r = utf16.DecodeRune(r, rune(order.Uint16(data[i+2:])))
			i += 2
		}
		text = utf8.AppendRune(text, r)
	}
	return text
}

func utf32(data []byte, order binary.ByteOrder) []byte {
	text := make([]byte, 0, len(data)/4+utf8.UTFMax)
	for i := 0; i+3 < len(data); i += 4 {
		text = utf8.AppendRune(text, rune(order.Uint32(data[i:])))
	}
	return text
}

// wide reports whether a text begins with letters of so many bytes each, nearly all of them of ASCII: their byte is at
// the given place, and the others are null.
func wide(data []byte, size, letter int) bool {
	data = data[:min(len(data), 256)/size*size]
	others := 0
	for i, c := range data {
		if c == 0 && i%size == letter {
			return false
		}
		if c != 0 && i%size != letter {
			others++
		}
	}
	return len(data) >= 8 && others <= len(data)/size/4
}

// withoutSwap is the text of a file in which vim keeps what is being edited, line by line; other texts are as they are.
func withoutSwap(data []byte) []byte {
	if !bytes.HasPrefix(data, []byte("b0VIM ")) {
		return data
	}
	return bytes.ReplaceAll(data, []byte{0}, []byte("\n"))
}
