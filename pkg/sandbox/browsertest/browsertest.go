// Package browsertest drives a real, headless Chromium in tests, and keeps pictures of what it shows.
package browsertest

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// programs are the names that Chromium goes by.
var programs = []string{"chromium", "chromium-browser", "google-chrome", "chrome"}

// timeout bounds a browser: it is far more than any page here takes, and ends a test that waits for what never comes.
const timeout = 2 * time.Minute

// Start starts a browser, with a profile folder of its own, that trusts the servers with these certificates besides
// those of the system. It ends with the test. The context is for chromedp's Do and Run.
func Start(t testing.TB, trusted ...tls.Certificate) context.Context {
	t.Helper()
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(program(t)),
		chromedp.NoSandbox, // of Chromium: containers run as root, without user namespaces
		chromedp.DisableGPU,
		chromedp.Flag("disable-quic", true),
		chromedp.Flag("disable-component-update", true),
		chromedp.Flag("ignore-certificate-errors-spki-list", pins(t, trusted)),
		chromedp.UserDataDir(t.TempDir()),
		chromedp.WindowSize(1024, 768),
	)
	ctx, cancelTimeout := context.WithTimeout(context.Background(), timeout)
	ctx, stop := chromedp.NewExecAllocator(ctx, options...)
	ctx, closeTab := chromedp.NewContext(ctx)
	t.Cleanup(func() {
		_ = chromedp.Cancel(ctx) // waits for the browser, which writes to its folder
		closeTab()
		stop()
		cancelTimeout()
	})
	if err := chromedp.Do(ctx); err != nil {
		t.Fatalf("start Chromium: %v", err)
	}
	return ctx
}

func program(t testing.TB) string {
	t.Helper()
	for _, name := range programs {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	t.Fatalf("no browser found, looked for %s: run hack/prepare.sh test", strings.Join(programs, ", "))
	return ""
}

// pins are the hashes of the certificates' public keys, as Chromium's flag wants them.
func pins(t testing.TB, certificates []tls.Certificate) string {
	t.Helper()
	var hashes []string
	for _, certificate := range certificates {
		leaf, err := x509.ParseCertificate(certificate.Certificate[0])
		if err != nil {
			t.Fatalf("certificate to trust: %v", err)
		}
		hash := sha256.Sum256(leaf.RawSubjectPublicKeyInfo)
		hashes = append(hashes, base64.StdEncoding.EncodeToString(hash[:]))
	}
	return strings.Join(hashes, ",")
}

// Screenshot keeps a picture of what the browser shows, as NAME.png below $EDGE_TEST_ARTIFACTS, else in the test's
// temporary folder.
func Screenshot(ctx context.Context, t testing.TB, name string) {
	t.Helper()
	picture, err := chromedp.Run(ctx, chromedp.FullScreenshot(100))
	if err != nil {
		t.Fatalf("screenshot %s: %v", name, err)
	}
	dir := os.Getenv("EDGE_TEST_ARTIFACTS")
	if dir == "" {
		dir = t.TempDir()
	}
	path := filepath.Join(dir, name+".png")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, picture, 0o644); err != nil {
		t.Fatal(err)
	}
	t.Logf("screenshot: %s", path)
}
