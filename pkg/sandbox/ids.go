package sandbox

import (
	"crypto/rand"
	"crypto/sha256"
	"fmt"
	"strconv"
	"strings"
)

// newSeed is the seed of a sandbox that was given none.
func newSeed() string { return rand.Text() }

// newID makes an ID, a UUID, for what the names say. It depends on them and on the sandbox's seed alone, so that a
// sandbox of the same seed gives the same IDs; a number is added until one is free.
func (s *Sandbox) newID(free func(id string) bool, names ...string) string {
	for n := 0; ; n++ {
		id := seededUUID(append([]string{s.seed, strconv.Itoa(n)}, names...)...)
		if free(id) {
			return id
		}
	}
}

// seededUUID makes a UUID of version 8, RFC 9562 §5.8, out of names.
func seededUUID(names ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(names, "\x00")))
	sum[6] = sum[6]&0x0f | 0x80
	sum[8] = sum[8]&0x3f | 0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", sum[:4], sum[4:6], sum[6:8], sum[8:10], sum[10:16])
}
