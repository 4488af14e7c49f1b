package scripttest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"math/big"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"k8s.io/client-go/pkg/apis/clientauthentication"
	"k8s.io/client-go/pkg/apis/clientauthentication/install"
	"k8s.io/client-go/tools/clientcmd/api"
	"k8s.io/client-go/tools/clientcmd/api/latest"

	"github.com/kubectl-edge/kubectl-edge/pkg/dirs"
	"github.com/kubectl-edge/kubectl-edge/pkg/tokencache"
	"github.com/kubectl-edge/kubectl-edge/pkg/tokenrequest"
)

func cacheCommands() map[string]command {
	return map[string]command{
		"credential": {tokenCache, "VERSION [N]",
			"checks that stdout is one ExecCredential of this version as client-go decodes " +
				"it, or N with the same token, and nothing else", 1, 2, credentials},
		"loads": {tokenCache, "FILE CONTEXT",
			"checks that client-go's strict decoder takes the kubeconfig, and that the " +
				"context's user calls our helper and has no secret", 2, 2, loads},
		"store": {tokenCache, "TOKEN LIFE LEFT ARGUMENT…",
			"puts a token into the cache that answers the helper's arguments, or a certificate of that name if they " +
				"name an edge cluster",
			3, many, store},
		"age": {tokenCache, "DURATION", "makes the cached tokens look as if they had been minted that long ago, to " +
			"live for " +
			"15 minutes", 1, 1, age},
	}
}

func credentials(ts *testscript.TestScript, _ *World, args []string) error {
	scheme := runtime.NewScheme()
	install.Install(scheme)
	codec := serializer.NewCodecFactory(scheme, serializer.EnableStrict).UniversalDeserializer()
	want := 1
	if len(args) == 2 {
		n, err := strconv.Atoi(args[1])
		if err != nil {
			return err
		}
		want = n
	}
	tokens, got := map[string]bool{}, 0
	for decoder := json.NewDecoder(strings.NewReader(ts.ReadFile("stdout"))); ; got++ {
		var document json.RawMessage
		if err := decoder.Decode(&document); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return err
		}
		object, kind, err := codec.Decode(document, nil, nil)
		if err != nil {
			return err
		}
		if kind.Version != args[0] {
			return fmt.Errorf("version %s, want %s", kind.Version, args[0])
		}
		var c clientauthentication.ExecCredential
		if err := scheme.Convert(object, &c, nil); err != nil {
			return err
		}
		if c.Status == nil || c.Status.Token == "" || c.Status.ExpirationTimestamp == nil ||
			!c.Status.ExpirationTimestamp.After(time.Now()) {
			return errors.New("no token with an expiry to come")
		}
		tokens[c.Status.Token] = true
	}
	if got != want || len(tokens) != 1 {
		return fmt.Errorf("%d credentials with %d tokens, want %d with one", got, len(tokens), want)
	}
	return nil
}

func loads(ts *testscript.TestScript, _ *World, args []string) error {
	codec := serializer.NewCodecFactory(latest.Scheme, serializer.EnableStrict).UniversalDecoder(api.SchemeGroupVersion)
	config := api.NewConfig()
	if _, _, err := codec.Decode([]byte(ts.ReadFile(args[0])), nil, config); err != nil {
		return err
	}
	c := config.Contexts[args[1]]
	if c == nil || config.Clusters[c.Cluster] == nil || config.AuthInfos[c.AuthInfo] == nil {
		return fmt.Errorf("context %s is not there, or not whole", args[1])
	}
	user := config.AuthInfos[c.AuthInfo]
	if user.Exec == nil || user.Exec.Command != tokenrequest.Helper ||
		user.Exec.InteractiveMode != api.IfAvailableExecInteractiveMode {
		return fmt.Errorf("user %s calls %v", c.AuthInfo, user.Exec)
	}
	user.Exec, user.LocationOfOrigin, user.Extensions = nil, "", nil
	if left, err := json.Marshal(user); err != nil || string(left) != "{}" {
		return fmt.Errorf("user %s has more than an exec section: %s, %v", c.AuthInfo, left, err)
	}
	return nil
}

func store(ts *testscript.TestScript, _ *World, args []string) error {
	life, err := time.ParseDuration(args[1])
	if err != nil {
		return err
	}
	left, err := time.ParseDuration(args[2])
	if err != nil {
		return err
	}
	key, err := keyOf(ts, args[3:])
	if err != nil {
		return err
	}
	tokens, err := cache(ts)
	if err != nil {
		return err
	}
	expires := time.Now().Add(left)
	e := tokencache.Entry{Token: args[0], Issued: expires.Add(-life), Expires: expires}
	if slices.ContainsFunc(args, func(arg string) bool { return strings.HasPrefix(arg, "--cluster=") }) {
		e.Token = ""
		if e.Certificate, e.PrivateKey, err = certificate(args[0], expires); err != nil {
			return err
		}
	}
	return tokens.Put(key, e)
}

// certificate is one of the name, with its key, in PEM.
func certificate(name string, expires time.Time) (certificate, key string, err error) {
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return "", "", err
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, NotAfter: expires,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}}
	der, err := x509.CreateCertificate(rand.Reader, template, template, private.Public(), private)
	if err != nil {
		return "", "", err
	}
	pkcs8, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		return "", "", err
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})),
		string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: pkcs8})), nil
}

// keyOf is the key of the token in the cache that answers a helper's arguments.
func keyOf(ts *testscript.TestScript, args []string) (tokencache.Key, error) {
	request, err := tokenrequest.Parse(args)
	if err != nil {
		return tokencache.Key{}, err
	}
	return request.Key(foldersOf(ts), ts.Getenv)
}

// cache is the person's token cache.
func cache(ts *testscript.TestScript) (tokencache.Store, error) {
	return tokencache.Open(foldersOf(ts), "", ts.Getenv)
}

// foldersOf are the person's, as kubectl edge uses them.
func foldersOf(ts *testscript.TestScript) dirs.Dirs {
	folder := func(variable string) string { return filepath.Join(ts.Getenv(variable), "kubectl-edge") }
	return dirs.Dirs{
		Config: folder("XDG_CONFIG_HOME"), State: folder("XDG_STATE_HOME"), Cache: folder("XDG_CACHE_HOME"),
		Runtime: folder("XDG_RUNTIME_DIR"),
	}
}

func age(ts *testscript.TestScript, _ *World, args []string) error {
	d, err := time.ParseDuration(args[0])
	if err != nil {
		return err
	}
	store, err := cache(ts)
	if err != nil {
		return err
	}
	files, err := store.List()
	if err == nil && len(files) == 0 {
		err = errors.New("there are no cached tokens")
	}
	if err != nil {
		return err
	}
	for _, f := range files {
		f.Entry.Issued = time.Now().Add(-d)
		f.Entry.Expires = f.Entry.Issued.Add(15 * time.Minute)
		if err := store.Put(f.Key, f.Entry); err != nil {
			return err
		}
	}
	return nil
}
