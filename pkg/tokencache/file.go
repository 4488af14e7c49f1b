package tokencache

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"strconv"
	"strings"
	"time"
)

// A token's file has one value on each line:
//
//	kubectl-edge-token-1            the format and its version
//	<SHA-256 of the rest, in hex>   tells a file that was torn or has rotted
//	<key, in hex>                   tells one that was put in another's place
//	<issued> <expires> <replaced>   in Unix nanoseconds; replaced is 0 for never
//	<token>
//	<instance>, <project>, <region>, <profile>, <principal>, each on its own line
//
// It is no JSON because decoding that takes a process that has just started longer than all the rest of an answer.
const (
	magic = "kubectl-edge-token-1\n"
	lines = 8 // after the checksum
)

var (
	errDamaged    = errors.New("the file is damaged")
	errUnstorable = errors.New("a value has a line break in it")
)

func encode(k Key, e Entry) ([]byte, error) {
	times := make([]string, 0, 3)
	for _, t := range []time.Time{e.Issued, e.Expires, e.Replaced} {
		nanoseconds := int64(0)
		if !t.IsZero() {
			nanoseconds = t.UnixNano()
		}
		times = append(times, strconv.FormatInt(nanoseconds, 10))
	}
	l := e.Labels
	values := []string{
		k.String(), strings.Join(times, " "), e.Token, l.Instance, l.Project, l.Region, l.Profile, l.Principal,
	}
	body := strings.Join(values, "\n")
	if strings.Count(body, "\n") != lines-1 {
		return nil, errUnstorable
	}
	sum := sha256.Sum256([]byte(body))
	return []byte(magic + hex.EncodeToString(sum[:]) + "\n" + body), nil
}

// decode reads what encode wrote for k. Its errors never quote the file.
func decode(data []byte, k Key) (Entry, error) {
	rest, ok := bytes.CutPrefix(data, []byte(magic))
	if !ok {
		return Entry{}, errDamaged
	}
	digest, body, ok := bytes.Cut(rest, []byte{'\n'})
	sum := sha256.Sum256(body)
	if !ok || string(digest) != hex.EncodeToString(sum[:]) {
		return Entry{}, errDamaged
	}
	values := strings.Split(string(body), "\n")
	if len(values) != lines {
		return Entry{}, errDamaged
	}
	if values[0] != k.String() {
		return Entry{}, errors.New("the file is another token's")
	}
	e := Entry{Token: values[2], Labels: Labels{values[3], values[4], values[5], values[6], values[7]}}
	times := strings.Split(values[1], " ")
	if len(times) != 3 {
		return Entry{}, errDamaged
	}
	for i, t := range []*time.Time{&e.Issued, &e.Expires, &e.Replaced} {
		nanoseconds, err := strconv.ParseInt(times[i], 10, 64)
		if err != nil {
			return Entry{}, errDamaged
		}
		if nanoseconds != 0 {
			*t = time.Unix(0, nanoseconds)
		}
	}
	return e, nil
}
