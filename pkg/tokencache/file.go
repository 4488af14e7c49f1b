package tokencache

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"slices"
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
// The file of a credential for an edge cluster has another format, so that those of tokens stay as they are, byte for
// byte and in the time that they take to read. In place of the token it has three lines, of which one or two are used:
// token, certificate and its key, both with \n for the line breaks of PEM. And it has three more at the end: cluster,
// its namespace, and role.
//
// It is not JSON because decoding that takes a process that has just started longer than all the rest of an answer.
const (
	magic        = "kubectl-edge-token-1\n"
	lines        = 8 // after the checksum
	clusterMagic = "kubectl-edge-cluster-1\n"
	clusterLines = lines + 2 + 3
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
	format, want := magic, lines
	if e.Certificate != "" || l.Cluster != "" {
		format, want = clusterMagic, clusterLines
		values = slices.Insert(values, 3, flat(e.Certificate), flat(e.PrivateKey))
		values = append(values, l.Cluster, l.ClusterNamespace, l.Role)
	}
	body := strings.Join(values, "\n")
	if strings.Count(body, "\n") != want-1 || strings.Contains(e.Certificate+e.PrivateKey, `\`) {
		return nil, errUnstorable
	}
	sum := sha256.Sum256([]byte(body))
	return []byte(format + hex.EncodeToString(sum[:]) + "\n" + body), nil
}

// flat and unflat turn PEM, which has no backslash, into a line and back.
func flat(s string) string   { return strings.ReplaceAll(s, "\n", `\n`) }
func unflat(s string) string { return strings.ReplaceAll(s, `\n`, "\n") }

// decode reads what encode wrote for k. Its errors never quote the file.
func decode(data []byte, k Key) (Entry, error) {
	want := lines
	rest, ok := bytes.CutPrefix(data, []byte(magic))
	if !ok {
		want = clusterLines
		rest, ok = bytes.CutPrefix(data, []byte(clusterMagic))
	}
	if !ok {
		return Entry{}, errDamaged
	}
	digest, body, ok := bytes.Cut(rest, []byte{'\n'})
	sum := sha256.Sum256(body)
	if !ok || string(digest) != hex.EncodeToString(sum[:]) {
		return Entry{}, errDamaged
	}
	values := strings.Split(string(body), "\n")
	if len(values) != want {
		return Entry{}, errDamaged
	}
	if values[0] != k.String() {
		return Entry{}, errors.New("the file is another token's")
	}
	e := Entry{Token: values[2]}
	labels := values[3:]
	if want == clusterLines {
		e.Certificate, e.PrivateKey = unflat(values[3]), unflat(values[4])
		labels = values[5:]
		e.Labels.Cluster, e.Labels.ClusterNamespace, e.Labels.Role = labels[5], labels[6], labels[7]
	}
	l := &e.Labels
	l.Instance, l.Project, l.Region, l.Profile, l.Principal = labels[0], labels[1], labels[2], labels[3], labels[4]
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
