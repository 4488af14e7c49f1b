package tokenrequest_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kubectl-edge/kubectl-edge/pkg/tokenrequest"
)

const (
	execProject = "--project-id=12345678-ffff-4bcd-8fff-123456789abc"
	execArgs    = execProject + " --region=eu01 --instance-id=demo-3714d85 --profile=ci"
)

// Every spelling of the helper is one call of it, with one request.
func TestFromExec(t *testing.T) {
	args := strings.Fields(execArgs)
	script := "kubectl-edge_credential " + execArgs
	with := func(first ...string) []string { return append(first, args...) }
	tests := map[string]struct {
		command string
		args    []string
	}{
		"name":              {"kubectl-edge_credential", args},
		"path":              {"/opt/krew/bin/kubectl-edge_credential", args},
		"krew's store":      {"/home/me/.krew/store/edge-credential/v1.2.3/kubectl-edge_credential", args},
		"relative path":     {"./kubectl-edge_credential", args},
		"Windows":           {`C:\Users\me\.krew\bin\kubectl-edge_credential.exe`, args},
		"Windows, capitals": {`C:\KREW\KUBECTL-EDGE_CREDENTIAL.EXE`, args},
		"Windows, slashes":  {"C:/krew/bin/kubectl-edge_credential.Exe", args},
		"flags with spaces": {"kubectl-edge_credential",
			strings.Fields(strings.ReplaceAll(execArgs, "=", " "))},
		"kubectl edge-credential": {"kubectl", with("edge-credential")},
		"kubectl edge_credential": {"/usr/bin/kubectl", with("edge_credential")},
		"kubectl.exe":             {`C:\bin\kubectl.exe`, with("edge-credential")},
		"kubectl edge credential": {"kubectl", with("edge", "credential")},
		"kubectl-edge":            {"kubectl-edge", with("credential")},
		"kubectl-edge by path":    {"/opt/kubectl-edge", with("credential")},
		"kubectl-edge on Windows": {`D:\kubectl-edge.exe`, with("credential")},
		"profile before credential": {"kubectl-edge",
			append([]string{"--profile", "ci", "-v", "credential"}, args[:3]...)},
		"flag before credential": {"kubectl", append([]string{"edge", "--profile=ci", "credential"}, args[:3]...)},
		"env":                    {"env", with("A=b", "C=d", "kubectl-edge_credential")},
		"env by path": {"/usr/bin/env",
			with("-i", "-u", "X", "--", "A=b", "/opt/kubectl-edge_credential")},
		"env -S":           {"env", []string{"-S", "A=b " + script}},
		"env and kubectl":  {"env", with("A=b", "kubectl", "edge-credential")},
		"sh":               {"sh", []string{"-c", script}},
		"sh by path, exec": {"/bin/sh", []string{"-ec", " exec " + script + "\n"}},
		"bash":             {"bash", []string{"-lc", "A=b /opt/" + script}},
		"bash, options":    {"bash", []string{"--norc", "-o", "pipefail", "-c", script}},
		"bash.exe":         {`C:\msys\bash.exe`, []string{"-c", script}},
		"sh, quotes": {"sh", []string{"-c", `'/opt/my krew/kubectl-edge_credential' "--profile=ci" ` +
			strings.Join(args[:3], " ")}},
		"sh, parameters":    {"sh", with("-c", `exec kubectl-edge_credential "$@"`, "sh")},
		"sh, home":          {"sh", []string{"-c", "$HOME/.krew/bin/" + script}},
		"sh, quoted home":   {"sh", []string{"-c", `"${HOME}/.krew/bin/kubectl-edge_credential" ` + execArgs}},
		"sh, tilde":         {"sh", []string{"-c", "~/bin/" + script}},
		"sh, kubectl":       {"sh", []string{"-c", "kubectl edge-credential " + execArgs}},
		"env, sh":           {"env", []string{"A=b", "sh", "-c", script}},
		"sh, env":           {"sh", []string{"-c", "env A=b " + script}},
		"cmd":               {`C:\Windows\System32\cmd.exe`, with("/C", "kubectl-edge_credential.exe")},
		"cmd, one argument": {"cmd", []string{"/c", script}},
	}
	want := tokenrequest.Request{
		ProjectID: "12345678-ffff-4bcd-8fff-123456789abc", Region: "eu01", InstanceID: "demo-3714d85", Profile: "ci",
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got, ours := tokenrequest.FromExec(test.command, test.args)
			if !ours || got != want {
				t.Errorf("got %t, -want +got:\n%s", ours, cmp.Diff(want, got))
			}
		})
	}
}

// What is not the helper, or may do something else as well, is not taken for it.
func TestFromExecIsSure(t *testing.T) {
	args := strings.Fields(execArgs)
	script := "kubectl-edge_credential " + execArgs
	with := func(first ...string) []string { return append(first, args...) }
	tests := map[string]struct {
		command string
		args    []string
		found   bool // by FindCall, as something that may be ours
	}{
		"no command":              {"", args, false},
		"another program":         {"gke-gcloud-auth-plugin", args, false},
		"version in the name":     {"kubectl-edge_credential-v1.2.3", args, false},
		"suffix":                  {"/opt/kubectl-edge_credential.old", args, false},
		"prefix":                  {"my-kubectl-edge_credential", args, false},
		"folder of the name":      {"/opt/kubectl-edge_credential/run", args, false},
		"kubectl alone":           {"kubectl", nil, false},
		"kubectl, other plugin":   {"kubectl", with("oidc-login"), false},
		"kubectl, name as value":  {"kubectl", with("config", "view", "--context", "edge"), true},
		"kubectl, flag first":     {"kubectl", with("--context", "a", "edge-credential"), true},
		"another of our commands": {"kubectl-edge", []string{"token", "create", "--name", "demo"}, true},
		"credential as a value":   {"kubectl-edge", []string{"--profile", "credential", "token"}, true},
		"helper refuses":          {"kubectl-edge_credential", with("extra"), true},
		"helper refuses a name":   {"kubectl-edge_credential", []string{"--profile=../x"}, true},
		"unknown flag":            {"kubectl-edge_credential", with("--server=https://evil.example"), true},
		"help":                    {"kubectl-edge_credential", []string{"--help"}, true},
		"env without a command":   {"env", []string{"A=b"}, false},
		"env, unknown option":     {"env", with("--block-signal", "kubectl-edge_credential"), true},
		"two commands":            {"sh", []string{"-c", "touch x; " + script}, true},
		"and":                     {"sh", []string{"-c", "cd /tmp && " + script}, true},
		"pipe":                    {"sh", []string{"-c", script + " | tee /tmp/x"}, true},
		"redirection":             {"sh", []string{"-c", script + " > /tmp/x"}, true},
		"substitution":            {"sh", []string{"-c", "$(" + script + ")"}, true},
		"substitution, quoted":    {"sh", []string{"-c", `kubectl-edge_credential "$(id)"`}, true},
		"program in a variable":   {"sh", []string{"-c", `"$HELPER" ` + execArgs}, false},
		"end in a variable":       {"sh", []string{"-c", `"/opt/$HELPER" ` + execArgs}, false},
		"argument in a variable":  {"sh", []string{"-c", `kubectl-edge_credential "--profile=$P"`}, true},
		"bare variable":           {"sh", []string{"-c", script + " $X"}, true},
		"glob":                    {"sh", []string{"-c", "/opt/*/" + script}, true},
		"braces":                  {"sh", []string{"-c", "/opt/{a,b}/" + script}, true},
		"open quote":              {"sh", []string{"-c", "'" + script}, true},
		"two lines":               {"sh", []string{"-c", "id\n" + script}, true},
		"script in a file":        {"sh", with("kubectl-edge_credential"), true},
		"a wrapper":               {"timeout", with("30", "/opt/kubectl-edge_credential"), true},
		"kubectl in a script":     {"sh", []string{"-c", "id; kubectl edge-credential " + execArgs}, true},
		"our name as an argument": {"aws", []string{"eks", "get-token", "--cluster-name=kubectl-edge-test"}, false},
		"assignment that is not":  {"sh", []string{"-c", "'A=b' " + script}, true},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if got, ours := tokenrequest.FromExec(test.command, test.args); ours {
				t.Errorf("taken for the helper, with %+v", got)
			}
			if call, found := tokenrequest.FindCall(test.command, test.args); found != test.found {
				t.Errorf("found %t (%+v), want %t", found, call, test.found)
			}
		})
	}
}

// What is set on the way to the helper is part of the call, so that nobody redirects the helper unseen.
func TestFindCallEnv(t *testing.T) {
	script := `HOME="/tmp/a b" exec env XDG_STATE_HOME=/x kubectl-edge_credential ` + execArgs
	call, ours := tokenrequest.FindCall("/usr/bin/env", []string{"PATH=/evil", "sh", "-c", script})
	want := []string{"PATH=/evil", "HOME=/tmp/a b", "XDG_STATE_HOME=/x"}
	if diff := cmp.Diff(want, call.Env); !ours || !call.Sure || diff != "" {
		t.Errorf("got %+v, %t", call, ours)
	}
	call, ours = tokenrequest.FindCall("sh", []string{"-c", "export HOME=/tmp; " + script + " | cat"})
	if !ours || call.Sure || len(call.Env) < 3 || call.Env[0] != "HOME=/tmp" {
		t.Errorf("got %+v, %t", call, ours)
	}
}
