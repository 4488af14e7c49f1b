//go:build system

package secretstore

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/godbus/dbus/v5"

	"github.com/kubectl-edge/kubectl-edge/pkg/secretstore/keyringtest"
)

// bus is a private D-Bus session with gnome-keyring as its Secret Service.
type bus struct {
	t       *testing.T
	home    string
	address string
	keyring *exec.Cmd
}

const busConfig = `<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <listen>unix:dir=%s</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
    <allow own="*"/>
  </policy>
</busconfig>
`

// startBus starts gnome-keyring with its login keyring unlocked, or without one. The programs are Debian's dbus-daemon
// and gnome-keyring; hack/prepare.sh installs them.
func startBus(t *testing.T, unlocked bool) *bus {
	t.Helper()
	home, err := os.MkdirTemp("", "bus") // the name of a socket has to be short
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(home) })
	b := &bus{t: t, home: home}
	if err := os.WriteFile(home+"/bus.conf", fmt.Appendf(nil, busConfig, home), 0o600); err != nil {
		t.Fatal(err)
	}
	daemon := b.command("dbus-daemon", "--config-file="+home+"/bus.conf", "--nofork", "--print-address=1")
	out, err := daemon.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	b.start(daemon)
	address, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatalf("dbus-daemon printed no address: %v", err)
	}
	b.address = strings.TrimSpace(address)

	ready := b.watch("org.freedesktop.secrets")
	args := []string{"--foreground", "--components=secrets"}
	if unlocked {
		args = append(args, "--unlock")
	}
	b.keyring = b.command("gnome-keyring-daemon", args...)
	b.keyring.Stdin = strings.NewReader("password")
	b.start(b.keyring)
	select {
	case <-ready:
	case <-time.After(time.Minute):
		t.Fatal("gnome-keyring-daemon does not offer a Secret Service")
	}
	return b
}

// watch tells when a name appears on the bus.
func (b *bus) watch(name string) <-chan *dbus.Signal {
	b.t.Helper()
	conn, err := dbus.Connect(b.address)
	if err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(func() { _ = conn.Close() })
	signals := make(chan *dbus.Signal, 16)
	conn.Signal(signals)
	err = conn.AddMatchSignal(dbus.WithMatchInterface("org.freedesktop.DBus"), dbus.WithMatchMember("NameOwnerChanged"),
		dbus.WithMatchArg(0, name))
	if err != nil {
		b.t.Fatal(err)
	}
	changes := make(chan *dbus.Signal, 16)
	go func() { // until the connection is closed; others come here, too, such as that it has got a name itself
		for s := range signals {
			if s.Name == "org.freedesktop.DBus.NameOwnerChanged" {
				changes <- s
			}
		}
	}()
	return changes
}

// command is one that knows nothing of the machine's own session.
func (b *bus) command(name string, args ...string) *exec.Cmd {
	cmd := exec.Command(name, args...)
	cmd.Env = []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + b.home, "XDG_DATA_HOME=" + b.home + "/data", "XDG_CONFIG_HOME=" +
			b.home + "/config",
		"XDG_RUNTIME_DIR=" + b.home, "DBUS_SESSION_BUS_ADDRESS=" + b.address,
	}
	return cmd
}

func (b *bus) start(cmd *exec.Cmd) {
	b.t.Helper()
	if err := cmd.Start(); err != nil {
		b.t.Fatalf("%v (hack/prepare.sh test installs it)", err)
	}
	b.t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGCONT)
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
}

// run does something with the folder's store in a process of its own and returns what it printed.
func (b *bus) run(do, dir string) (string, error) {
	cmd := b.command(os.Args[0])
	cmd.Env = append(cmd.Env, childVariable+"="+do+"\n"+dir)
	out, err := cmd.CombinedOutput()
	return string(out), err
}

func (b *bus) must(do, dir, want string) {
	b.t.Helper()
	if got, err := b.run(do, dir); err != nil || got != want {
		b.t.Errorf("%s: %q, %v; want %q", do, got, err, want)
	}
}

func TestSecretService(t *testing.T) {
	b := startBus(t, true)
	dir := t.TempDir() + "/secrets"
	b.must("save", dir, "")
	b.must("load", dir, "squeamish")
	b.must("rotate", dir, "")
	b.must("load", dir, "squeamish")
	wantLocation(t, open(dir, nil), InKeyring, "")
	checkFiles(t, dir, "squeamish")
	if keys, _ := filepath.Glob(dir + "/*" + keySuffix); len(keys) != 0 {
		t.Errorf("the key lies in a file too: %v", keys)
	}
	if text, err := open(dir, keyringtest.None("none")).Load("a", []byte("purpose of a")); err == nil {
		t.Errorf("%q was opened without the keyring", text)
	}

	// The keyring stops answering, and comes back.
	if err := b.keyring.Process.Signal(syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	for _, do := range []string{"load", "save", "rotate"} {
		if got, err := b.run(do, dir); err == nil || !strings.Contains(got, "did not answer within 1s") ||
			!strings.Contains(got, "unlock the keyring") {
			t.Errorf("%s while the keyring hangs: %q, %v", do, got, err)
		}
	}
	other := t.TempDir() + "/secrets"
	b.must("save", other, "")
	wantLocation(t, open(other, nil), InFile, "did not answer within 1s")
	if err := b.keyring.Process.Signal(syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
	b.must("load", dir, "squeamish")
	b.must("load", other, "squeamish")
	b.must("rotate", other, "")
	wantLocation(t, open(other, nil), InKeyring, "")
	b.must("load", other, "squeamish")
}

// A keyring that nobody has unlocked would ask with a window, and there is nobody to see it.
func TestSecretServiceLocked(t *testing.T) {
	b := startBus(t, false)
	dir := t.TempDir() + "/secrets"
	b.must("save", dir, "")
	b.must("load", dir, "squeamish")
	location, err := open(dir, nil).Location()
	if err != nil || location.KeyIn != InFile || location.Reason == "" {
		t.Errorf("Location: %+v, %v; want a file, and why", location, err)
	}
}

func TestNoSecretService(t *testing.T) {
	for name, address := range map[string]string{"no bus": "unix:path=/nowhere/bus", "switched off": "disabled:"} {
		t.Run(name, func(t *testing.T) {
			b := &bus{t: t, home: t.TempDir(), address: address}
			dir := t.TempDir() + "/secrets"
			b.must("save", dir, "")
			b.must("load", dir, "squeamish")
			location, err := open(dir, nil).Location()
			if err != nil || location.KeyIn != InFile || location.Reason == "" {
				t.Errorf("Location: %+v, %v; want a file, and why", location, err)
			}
		})
	}
}
