//go:build system

package main

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

// keyring KIND gives the script a D-Bus session of its own, with a Secret Service that is real (gnome-keyring), locked,
// silent (it never answers) or none.
func keyring(ts *testscript.TestScript, w *world, args []string) error {
	if len(args) != 1 {
		return errors.New("usage: keyring real|locked|silent|none")
	}
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
func startBus(ts *testscript.TestScript, w *world) (*dbus.Conn, string, error) {
	daemon := exec.Command("dbus-daemon", "--session", "--nofork", "--print-address",
		"--address=unix:tmpdir="+filepath.Join(w.env.WorkDir, "runtime"))
	daemon.Env = w.env.Vars
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
	bus.Eavesdrop(make(chan *dbus.Message)) // from now on nobody takes what arrives
	return err
}

// startKeyring starts gnome-keyring-daemon, which ends with the script.
func startKeyring(ts *testscript.TestScript, w *world, bus *dbus.Conn, address string, unlocked bool) error {
	args := []string{"--foreground", "--components=secrets"}
	if unlocked {
		args = append(args, "--unlock")
	}
	owners := make(chan *dbus.Signal, 16)
	bus.Signal(owners)
	if err := bus.AddMatchSignal(dbus.WithMatchMember("NameOwnerChanged"), dbus.WithMatchArg(0, secretService)); err != nil {
		return err
	}
	daemon := exec.Command("gnome-keyring-daemon", args...)
	daemon.Env = append(w.env.Vars, "DBUS_SESSION_BUS_ADDRESS="+address, "XDG_DATA_HOME="+filepath.Join(w.env.WorkDir, "home"))
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
