package audit

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"io"
	"strings"

	"github.com/kubectl-edge/kubectl-edge/pkg/yamledit"
)

// maxNested is how deep a kubeconfig is searched in others.
const maxNested = 5

// unpacking bounds what is unpacked of one file.
type unpacking struct {
	depth int    // in how many others this one lies
	left  *int64 // how many bytes may still be decompressed; less than none if something was cut
}

func newUnpacking() unpacking {
	left := int64(yamledit.MaxSize)
	return unpacking{left: &left}
}

// cut reports whether something was not read, since it would have been too much.
func (u unpacking) cut() bool { return *u.left < 0 }

func (u unpacking) deeper() unpacking {
	u.depth++
	return u
}

const gzipMagic = "\x1f\x8b\x08"

func isGzip(data []byte) bool { return bytes.HasPrefix(data, []byte(gzipMagic)) }

// packed are how gzip's first bytes stand in base64, and in base64 of that, as Helm keeps its releases in Secrets.
var packed = []string{"H4sI", "SDRzS"}

func holdsPacked(data []byte) bool {
	return bytes.Contains(data, []byte(packed[0])) || bytes.Contains(data, []byte(packed[1]))
}

func beginsPacked(value string) bool {
	return strings.HasPrefix(value, packed[0]) || strings.HasPrefix(value, packed[1])
}

// gunzip is what data holds, as far as it can be read.
func (u unpacking) gunzip(data []byte) []byte {
	if *u.left < 0 {
		return nil
	}
	r, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		return nil
	}
	text, _ := io.ReadAll(io.LimitReader(r, *u.left+1)) // what comes before damage can be read
	*u.left -= int64(len(text))
	return text
}

// text is the kubeconfig that a value holds, or nil, and whether it stands there literally.
func (u unpacking) text(value string) (text []byte, literal bool) {
	if len(value) < 32 {
		return nil, false
	}
	if strings.ContainsAny(value, "\n{") && isOrStandsFor([]byte(value)) {
		return []byte(value), true
	}
	var data []byte
	switch bare := strings.TrimSpace(value); {
	case isGzip([]byte(value)):
		data = []byte(value)
	case len(bare) < 32 || strings.ContainsAny(bare[:16], " :{"):
		return nil, false
	case beginsPacked(bare) || embedsKubeconfig([]byte(withoutSpace(bare))):
		data = decoded(bare)
	default: // of URLs, say, in which the signs stand otherwise
		data = decoded(bare)
		if !embedsKubeconfig(data) && !looksLikeArgoCluster(data) {
			return nil, false
		}
	}
	for range maxNested {
		switch {
		case isGzip(data):
			if data = u.gunzip(data); u.cut() {
				return nil, false
			}
		case carries(toUTF8(data)):
			return toUTF8(data), false
		case beginsPacked(string(data[:min(len(data), 8)])):
			data = decoded(string(data))
		default:
			return nil, false
		}
	}
	return nil, false
}

// isOrStandsFor reports whether a text is a kubeconfig or what Argo CD has instead.
func isOrStandsFor(data []byte) bool { return looksLikeKubeconfig(data) || looksLikeArgoCluster(data) }

// carries reports whether a text is a kubeconfig or carries one.
func carries(data []byte) bool { return isOrStandsFor(data) || embedsKubeconfig(data) }

func withoutSpace(value string) string {
	if !strings.ContainsAny(value, " \t\r\n") {
		return value
	}
	return strings.Join(strings.Fields(value), "")
}

// decoded is what a value in base64 holds, in its usual form, that of URLs, with padding or without; else nil.
func decoded(value string) []byte {
	value = strings.TrimRight(withoutSpace(value), "=")
	for _, encoding := range []*base64.Encoding{base64.RawStdEncoding, base64.RawURLEncoding} {
		if data, err := encoding.DecodeString(value); err == nil {
			return data
		}
	}
	return nil
}
