//go:build system

package main

import (
	"context"
	"net/url"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/kubectl-edge/kubectl-edge/pkg/profile"
	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox"
	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox/browsertest"
	"github.com/kubectl-edge/kubectl-edge/pkg/sandbox/signin"
)

// A person signs in with a real browser, in which the program's own page says how it went.
func TestChromiumSignsIn(t *testing.T) {
	t.Parallel()
	p := newPerson(t)
	login := p.start("login", "--browser")
	address := login.address()
	browser := browsertest.Start(t, p.sandbox.TLSConfig().Certificates...)
	do(t, browser, chromedp.Navigate(address), chromedp.WaitVisible("#email"))
	browsertest.Screenshot(browser, t, "login-sign-in")
	do(t, browser, fill(sandbox.AdminUser, "not the password"), chromedp.Click(allow), chromedp.WaitVisible(".error"))
	browsertest.Screenshot(browser, t, "login-wrong-password")
	do(t, browser, fill(sandbox.AdminUser, sandbox.AdminPassword), chromedp.Click(allow))
	wantPage(t, browser, "Logged in", "You are logged in as "+sandbox.AdminUser)
	browsertest.Screenshot(browser, t, "login-success")

	if code, _, stderr := login.wait(); code != 0 || !strings.Contains(stderr, "Logged in as "+sandbox.AdminUser) {
		t.Errorf("exit code %d, stderr:\n%s", code, stderr)
	}
	session, err := profile.LoadSession(p.dirs(), profile.DefaultName)
	if err != nil || session.Method != "browser" || session.Principal != sandbox.AdminUser {
		t.Errorf("session %+v, %v", session, err)
	}
	if _, stdout, stderr := p.run("project", "list", "-o", "name"); !strings.Contains(stdout, sandbox.ProjectID) {
		t.Errorf("projects: %s%s", stdout, stderr)
	}
	// The next login needs no password: the browser is signed in. The old session's refresh token is not used again.
	again := p.start("login", "--browser")
	do(t, browser, chromedp.Navigate(again.address()), chromedp.WaitVisible(allow))
	browsertest.Screenshot(browser, t, "login-signed-in")
	do(t, browser, chromedp.Click(allow))
	wantPage(t, browser, "Logged in", sandbox.AdminUser)
	if code, _, stderr := again.wait(); code != 0 {
		t.Errorf("exit code %d, stderr:\n%s", code, stderr)
	}
}

func TestChromiumDenies(t *testing.T) {
	p := newPerson(t)
	login := p.start("login", "--browser")
	browser := browsertest.Start(t, p.sandbox.TLSConfig().Certificates...)
	do(t, browser, chromedp.Navigate(login.address()), chromedp.WaitVisible(deny), chromedp.Click(deny))
	wantPage(t, browser, "Not logged in", "The sign-in was denied.")
	browsertest.Screenshot(browser, t, "login-denied")
	login.wantFailure("error: log in: the sign-in was denied")
	p.wantNobody()
}

// What does not belong to the login that waits, such as another site's forged answer, is refused, and the login waits
// on.
func TestChromiumBringsAnotherAnswer(t *testing.T) {
	p := newPerson(t)
	login := p.start("login", "--browser")
	address := login.address()
	browser := browsertest.Start(t, p.sandbox.TLSConfig().Certificates...)
	redirect := query(t, address, "redirect_uri")
	do(t, browser, chromedp.Navigate(redirect+"/?code=stolen&state=guessed"))
	wantPage(t, browser, "Not this login", "does not belong to the login that is waiting")
	browsertest.Screenshot(browser, t, "login-wrong-state")
	do(t, browser, chromedp.Navigate(address), chromedp.WaitVisible("#email"),
		fill(sandbox.AdminUser, sandbox.AdminPassword), chromedp.Click(allow))
	wantPage(t, browser, "Logged in", sandbox.AdminUser)
	if code, _, stderr := login.wait(); code != 0 {
		t.Errorf("exit code %d, stderr:\n%s", code, stderr)
	}
}

// A code that was used is of no use to another login, even if its answer has the right state.
func TestChromiumReplaysACode(t *testing.T) {
	p := newPerson(t)
	first := p.start("login", "--browser")
	back, err := signin.SignIn(t.Context(), p.client, first.address(), sandbox.AdminUser, sandbox.AdminPassword,
		true)
	if err != nil {
		t.Fatal(err)
	}
	browser := browsertest.Start(t, p.sandbox.TLSConfig().Certificates...)
	do(t, browser, chromedp.Navigate(back.String()))
	wantPage(t, browser, "Logged in", sandbox.AdminUser)
	if code, _, stderr := first.wait(); code != 0 {
		t.Fatalf("exit code %d, stderr:\n%s", code, stderr)
	}
	session, err := profile.LoadSession(p.dirs(), profile.DefaultName)
	if err != nil {
		t.Fatal(err)
	}

	second := p.start("login", "--browser")
	address := second.address()
	replayed := back.Query()
	replayed.Set("state", query(t, address, "state"))
	do(t, browser, chromedp.Navigate(query(t, address, "redirect_uri")+"/?"+replayed.Encode()))
	wantPage(t, browser, "Not logged in", "rejected")
	browsertest.Screenshot(browser, t, "login-replayed-code")
	second.wantFailure("error: log in: exchange authorization code at " + p.sandbox.URL() +
		"/oauth/v2/token: it was rejected")
	if got, err := profile.LoadSession(p.dirs(), profile.DefaultName); err != nil || got != session {
		t.Errorf("session %+v, %v; want the first login's", got, err)
	}
}

// A tab that is closed is a login that nobody finishes: it ends by itself.
func TestChromiumTabIsClosed(t *testing.T) {
	p := newPerson(t)
	login := p.start("login", "--browser", "--timeout", "3s")
	browser := browsertest.Start(t, p.sandbox.TLSConfig().Certificates...)
	tab, closeTab := chromedp.NewContext(browser)
	do(t, tab, chromedp.Navigate(login.address()), chromedp.WaitVisible("#email"))
	closeTab()
	login.wantFailure("error: log in: nobody signed in within 3s\nhint: kubectl edge login")
	p.wantNobody()
}

const (
	allow = `button[value=allow]`
	deny  = `button[value=deny]`
)

func fill(email, password string) chromedp.Action[chromedp.Void] {
	return chromedp.Steps(chromedp.SetValue("#email", email), chromedp.SetValue("#password", password))
}

func do(t *testing.T, browser context.Context, steps ...chromedp.Action[chromedp.Void]) {
	t.Helper()
	if err := chromedp.Do(browser, steps...); err != nil {
		t.Fatal(err)
	}
}

func read[T any](t *testing.T, browser context.Context, action chromedp.Action[T]) T {
	t.Helper()
	value, err := chromedp.Run(browser, action)
	if err != nil {
		t.Fatal(err)
	}
	return value
}

// wantPage waits for the program's own page of this title, which has to show text.
func wantPage(t *testing.T, browser context.Context, title, text string) {
	t.Helper()
	do(t, browser, chromedp.WaitVisible(`//footer[contains(., "kubectl edge")]`))
	if got := read(t, browser, chromedp.Text("h1")); !strings.HasSuffix(got, title) {
		t.Errorf("heading %q, want %q", got, title)
	}
	if got := read(t, browser, chromedp.Text("main")); !strings.Contains(got, text) {
		t.Errorf("the page shows %q, want %q", got, text)
	}
	if got := read(t, browser, chromedp.Title()); got != title+" · kubectl edge" {
		t.Errorf("title of the tab %q, want %q", got, title)
	}
}

func query(t *testing.T, address, name string) string {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	return u.Query().Get(name)
}
