package scripttest

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/godbus/dbus/v5"
	"github.com/rogpeppe/go-internal/testscript"
)

const secretService = "org.freedesktop.secrets"

func keyring(ts *testscript.TestScript, w *World, args []string) error {
	bus, address, err := startBus(ts, w)
	if err != nil {
		return fmt.Errorf("start a D-Bus session: %w", err)
	}
	ts.Setenv("DBUS_SESSION_BUS_ADDRESS", address)
	switch args[0] {
	case "none":
		return nil
	case "silent":
		return serveSilence(bus)
	case "real", "locked":
		return startKeyring(ts, w, bus, address, args[0] == "real")
	}
	return fmt.Errorf("no keyring of kind %q", args[0])
}

// startBus starts a message bus, which ends with the script.
func startBus(ts *testscript.TestScript, w *World) (*dbus.Conn, string, error) {
	daemon := exec.Command("dbus-daemon", "--session", "--nofork", "--print-address",
		"--address=unix:tmpdir="+filepath.Join(w.Env.WorkDir, "runtime"))
	daemon.Env = w.Env.Vars
	out, err := daemon.StdoutPipe()
	if err != nil {
		return nil, "", err
	}
	if err := daemon.Start(); err != nil {
		return nil, "", fmt.Errorf("%w: run hack/prepare.sh test", err)
	}
	ts.Defer(func() {
		_ = daemon.Process.Kill()
		_ = daemon.Wait()
	})
	address, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		return nil, "", err
	}
	address = strings.TrimSpace(address)
	bus, err := dbus.Connect(address)
	if err != nil {
		return nil, "", err
	}
	ts.Defer(func() { _ = bus.Close() })
	return bus, address, nil
}

// serveSilence owns the Secret Service's name, and answers no call.
func serveSilence(bus *dbus.Conn) error {
	reply, err := bus.RequestName(secretService, dbus.NameFlagDoNotQueue)
	if err == nil && reply != dbus.RequestNameReplyPrimaryOwner {
		err = errors.New("the name is taken")
	}
	bus.Eavesdrop(make(chan *dbus.Message)) // from now on nothing takes what arrives
	return err
}

// startKeyring starts gnome-keyring-daemon, which ends with the script.
func startKeyring(ts *testscript.TestScript, w *World, bus *dbus.Conn, address string, unlocked bool) error {
	args := []string{"--foreground", "--components=secrets"}
	if unlocked {
		args = append(args, "--unlock")
	}
	owners := make(chan *dbus.Signal, 16)
	bus.Signal(owners)
	changes := []dbus.MatchOption{dbus.WithMatchMember("NameOwnerChanged"), dbus.WithMatchArg(0, secretService)}
	if err := bus.AddMatchSignal(changes...); err != nil {
		return err
	}
	daemon := exec.Command("gnome-keyring-daemon", args...)
	daemon.Env = append(w.Env.Vars,
		"DBUS_SESSION_BUS_ADDRESS="+address, "XDG_DATA_HOME="+filepath.Join(w.Env.WorkDir, "home"))
	daemon.Stdin = strings.NewReader("the keyring's password")
	if err := daemon.Start(); err != nil {
		return fmt.Errorf("%w: run hack/prepare.sh test", err)
	}
	ts.Defer(func() {
		_ = daemon.Process.Kill()
		_ = daemon.Wait()
	})
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	for {
		select {
		case s := <-owners: // others come here, too, such as that the connection has got a name itself
			if s.Name == "org.freedesktop.DBus.NameOwnerChanged" {
				return nil
			}
		case <-ctx.Done():
			return errors.New("gnome-keyring-daemon offers no Secret Service")
		}
	}
}
