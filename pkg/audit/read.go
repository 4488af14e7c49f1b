package audit

import (
	"bytes"
	"encoding/binary"
	"unicode/utf16"
	"unicode/utf8"
)

// toUTF8 returns a text in UTF-8 without a byte order mark. Editors on Windows, and PowerShell's ">", write UTF-16;
// kubectl reads it with a mark, and what has none is a secret all the same.
func toUTF8(data []byte) []byte {
	var order binary.ByteOrder
	switch {
	case bytes.HasPrefix(data, []byte("\xef\xbb\xbf")):
		return data[3:]
	case bytes.HasPrefix(data, []byte{0xff, 0xfe}):
		order, data = binary.LittleEndian, data[2:]
	case bytes.HasPrefix(data, []byte{0xfe, 0xff}):
		order, data = binary.BigEndian, data[2:]
	case wide(data, 1):
		order = binary.LittleEndian
	case wide(data, 0):
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

// wide reports whether every second byte of a text's beginning, from the given one, is null, and no other is.
func wide(data []byte, from int) bool {
	data = data[:min(len(data), 64)&^1]
	for i, c := range data {
		if (c == 0) != (i%2 == from) {
			return false
		}
	}
	return len(data) >= 8
}
