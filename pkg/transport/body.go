package transport

import (
	"errors"
	"io"
)

// maxBody is the most bytes of an answer that are read, counted after decompression. Lists of thousands of instances
// stay far below it.
const maxBody = 32 << 20

// errBodyTooLarge ends the reading of an answer that is longer than maxBody.
var errBodyTooLarge = errors.New("the answer is larger than 32 MiB")

type limitedBody struct {
	io.ReadCloser
	left int64
}

func (b *limitedBody) Read(p []byte) (int, error) {
	// One byte more than allowed tells an answer that ends at the limit from one that goes on.
	if int64(len(p)) > b.left+1 {
		p = p[:b.left+1]
	}
	n, err := b.ReadCloser.Read(p)
	if int64(n) > b.left {
		n = int(b.left)
		b.left = 0
		return n, errBodyTooLarge
	}
	b.left -= int64(n)
	return n, err
}
