package tokencache

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"

	"github.com/kubectl-edge/kubectl-edge/pkg/atomicfile"
	"github.com/kubectl-edge/kubectl-edge/pkg/securefile"
)

// Server is where an instance's tokens are taken, as STACKIT's API said it together with a token.
//
// It is kept beside the token, so that the server can be asked whether it takes it. A token must not be sent where
// anybody else said, and a kubeconfig can set the variables that name this folder: so the record is authenticated with
// the token itself, or a certificate's key (HMAC-SHA256, RFC 2104). Anyone who could write one that counts has the
// token already.
type Server struct {
	URL string
	CA  []byte // PEM
}

// The file has the authentication code in hex, the URL, and the authorities.

// PutServer keeps server beside e, which is the token under k.
func (s Store) PutServer(k Key, e Entry, server Server) error {
	if s.dir == "" {
		return nil
	}
	if err := s.Prepare(); err != nil {
		return err
	}
	body := append([]byte(server.URL+"\n"), server.CA...)
	code := hex.EncodeToString(serverCode(k, e, body))
	return atomicfile.WriteOwn(s.path(k, serverSuffix), append([]byte(code+"\n"), body...))
}

// Server returns what is kept beside e, which is the token under k, and whether there is something.
func (s Store) Server(k Key, e Entry) (Server, bool) {
	if s.dir == "" || e.secret() == "" {
		return Server{}, false
	}
	data, err := securefile.ReadOwn(s.path(k, serverSuffix), securefile.Private)
	if err != nil {
		return Server{}, false
	}
	code, body, _ := bytes.Cut(data, []byte("\n"))
	got, err := hex.DecodeString(string(code))
	if err != nil || !hmac.Equal(got, serverCode(k, e, body)) {
		return Server{}, false
	}
	url, ca, _ := bytes.Cut(body, []byte("\n"))
	return Server{URL: string(url), CA: ca}, true
}

func serverCode(k Key, e Entry, body []byte) []byte {
	h := hmac.New(sha256.New, []byte(e.secret()))
	h.Write(k[:])
	h.Write(body)
	return h.Sum(nil)
}
