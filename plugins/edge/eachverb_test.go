package edge

import (
	"slices"
	"strings"
	"testing"
)

func TestVerbFirst(t *testing.T) {
	for typed, want := range map[string]string{
		"get pods -n shop":                    "get pods -n shop",
		"-n shop get pods -o json":            "get -n shop pods -o json",
		"--namespace=shop get pods":           "get --namespace=shop pods",
		"--namespace shop get pods":           "get --namespace shop pods",
		"-nshop get pods":                     "get -nshop pods",
		"-n=shop get pods":                    "get -n=shop pods",
		"-n get get pods":                     "get -n get pods",
		"-n a -v 6 get pods -n b":             "get -n a -v 6 pods -n b",
		"--warnings-as-errors get pods":       "get --warnings-as-errors pods",
		"-o json get pods":                    "get -o json pods",
		"--request-timeout 5s auth whoami":    "auth whoami --request-timeout 5s",
		"-n shop auth can-i get pods":         "auth can-i -n shop get pods",
		"-n shop exec web -- get pods":        "exec -n shop web -- get pods",
		"-A get pods":                         "-A get pods", // kubectl reads get as the value of -A
		"-n shop -- get pods":                 "-n shop -- get pods",
		"-n shop mine get":                    "-n shop mine get", // a plugin, which has no flags in front of it
		"--insecure-skip-tls-verify -n":       "--insecure-skip-tls-verify -n",
		"-n shop config view":                 "-n shop config view",
		"--disable-compression=false version": "version --disable-compression=false",
	} {
		args := strings.Fields(typed)
		if got := strings.Join(verbFirst(args), " "); got != want {
			t.Errorf("%s: got %s, want %s", typed, got, want)
		}
		if !slices.Equal(args, strings.Fields(typed)) {
			t.Errorf("%s: it has been changed to %v", typed, args)
		}
	}
}
