package tokenrequest_test

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/spf13/pflag"

	"github.com/kubectl-edge/kubectl-edge/pkg/dirs"
	"github.com/kubectl-edge/kubectl-edge/pkg/expiration"
	"github.com/kubectl-edge/kubectl-edge/pkg/hint"
	"github.com/kubectl-edge/kubectl-edge/pkg/profile"
	"github.com/kubectl-edge/kubectl-edge/pkg/tokencache"
	"github.com/kubectl-edge/kubectl-edge/pkg/tokenrequest"
)

const project = "12345678-ffff-4bcd-8fff-123456789abc"

var full = tokenrequest.Request{
	ProjectID: project, Region: "eu01", InstanceID: "demo-3714d85", Profile: "work", Expiration: 20 * time.Minute,
}

// berlin is a request with everything that one for an edge cluster can have.
var berlin = func() tokenrequest.Request {
	r := full
	r.EdgeCluster = tokenrequest.EdgeCluster{
		Cluster: "berlin", ClusterNamespace: "default", ClusterUID: "0b1c9b9e-4c51-4b1e-9f6e-2f3a1c0d9e8f",
		CA: strings.Repeat("0123456789abcdef", 4), Server: strings.Repeat("fedcba9876543210", 4),
		Role: "edit", Namespace: "shop", Credential: "certificate",
	}
	return r
}()

func folders(t *testing.T) dirs.Dirs {
	base := t.TempDir()
	return dirs.Dirs{Config: filepath.Join(base, "config"), State: filepath.Join(base, "state"),
		Cache: filepath.Join(base, "cache")}
}

func noEnvironment(string) string { return "" }

func save(t *testing.T, d dirs.Dirs, c profile.Config) {
	t.Helper()
	if err := c.Save(d); err != nil {
		t.Fatal(err)
	}
}

func TestArgsParseBack(t *testing.T) {
	minimal := tokenrequest.Request{ProjectID: project, Region: "eu01", InstanceID: "demo-3714d85"}
	for _, want := range []tokenrequest.Request{full, minimal, berlin} {
		got, err := tokenrequest.Parse(want.Args())
		if err != nil || got != want {
			t.Errorf("%q: got %+v, %v", want.Args(), got, err)
		}
	}
}

// hostile are values that would do harm if they were taken for names: to a shell, a path, a URL or a flag parser.
var hostile = []string{
	"../../x", "..", "/etc/passwd", "a/b", `a\b`, "https://evil.example", "evil.example:443", "user@host", "a b",
	"a\nb", "a\x00b",
	"$(id)", "`id`", "a;id", "a|id", "a&id", "a>x", "'", `"`, "*", "~", "-v", "--help", "=x", "%2e%2e%2f",
	"?expirationSeconds=1",
	"#", "é", "\u202edemo", "DEMO-3714D85", strings.Repeat("a", 1000),
}

func TestHostileValues(t *testing.T) {
	for _, value := range hostile {
		for field, r := range map[string]tokenrequest.Request{
			"project":  {ProjectID: value, Region: full.Region, InstanceID: full.InstanceID},
			"region":   {ProjectID: project, Region: value, InstanceID: full.InstanceID},
			"instance": {ProjectID: project, Region: full.Region, InstanceID: value},
			"profile":  {ProjectID: project, Region: full.Region, InstanceID: full.InstanceID, Profile: value},
		} {
			parsed, err := tokenrequest.Parse(r.Args())
			if err != nil || parsed != r {
				t.Errorf("%s %q becomes %+v, %v: it changed the other arguments", field, value, parsed, err)
			}
			if err := r.Check(); err == nil {
				t.Errorf("%s %q is accepted", field, value)
			} else if strings.ContainsAny(err.Error(), "\n\x00\u202e") || len(err.Error()) > 400 {
				t.Errorf("%s %q is repeated as it is: %v", field, value, err)
			}
			if _, err := r.Resolve(folders(t), noEnvironment); err == nil {
				t.Errorf("%s %q is resolved", field, value)
			}
		}
	}
}

// TestHostileValuesOfACluster is TestHostileValues for what a request says of an edge cluster.
func TestHostileValuesOfACluster(t *testing.T) {
	// Somebody's groups may look so, and nobody takes them for anything else.
	groups := []string{"a/b", "https://evil.example", "evil.example:443", "user@host", "DEMO-3714D85"}
	for _, value := range hostile {
		for field, set := range map[string]func(*tokenrequest.EdgeCluster){
			"cluster":    func(e *tokenrequest.EdgeCluster) { e.Cluster = value },
			"namespace":  func(e *tokenrequest.EdgeCluster) { e.ClusterNamespace = value },
			"UID":        func(e *tokenrequest.EdgeCluster) { e.ClusterUID = value },
			"CA":         func(e *tokenrequest.EdgeCluster) { e.CA = value },
			"server":     func(e *tokenrequest.EdgeCluster) { e.Server = value },
			"role":       func(e *tokenrequest.EdgeCluster) { e.Role, e.Namespace = value, "" },
			"scope":      func(e *tokenrequest.EdgeCluster) { e.Namespace = value },
			"credential": func(e *tokenrequest.EdgeCluster) { e.Credential = value },
		} {
			if field == "role" && slices.Contains(groups, value) ||
				field == "cluster" && value == "evil.example" {
				continue
			}
			r := berlin
			set(&r.EdgeCluster)
			parsed, err := tokenrequest.Parse(r.Args())
			if err != nil || parsed != r {
				t.Errorf("%s %q becomes %+v, %v: it changed the other arguments", field, value, parsed, err)
			}
			if err := r.Check(); err == nil {
				t.Errorf("%s %q is accepted", field, value)
			} else if strings.ContainsAny(err.Error(), "\n\x00\u202e") || len(err.Error()) > 400 {
				t.Errorf("%s %q is repeated as it is: %v", field, value, err)
			}
			if _, err := r.Resolve(folders(t), noEnvironment); err == nil {
				t.Errorf("%s %q is resolved", field, value)
			}
		}
	}
}

func TestRoles(t *testing.T) {
	for _, c := range []struct{ role, namespace, err string }{
		{"", "", ""}, {"view", "", ""}, {"view", "shop", ""}, {"edit", "shop", ""}, {"admin", "shop", ""},
		{"cluster-admin", "", ""}, {"oidc:team/shop@plant", "", ""}, {"Shop_Admins", "", ""},
		{"edit", "", "the role edit of a whole cluster equals cluster-admin"},
		{"admin", "", "the role admin of a whole cluster equals cluster-admin"},
		{"cluster-admin", "shop", "the role cluster-admin is of the whole cluster"},
		{"view", "kube-system", ""}, {"admin", "kube-public", ""},
		{"edit", "kube-system", "the role edit in namespace kube-system is more than that: it may make a token for " +
			"any " +
			"service account there, and some of them equal cluster-admin"},
		{"admin", "kube-system", "the role admin in namespace kube-system is more than that"},
		{"edit", "kubectl-edge", "any service account there, and they are those of other people"},
		{"oidc:team", "shop", "--namespace does not apply to the group"},
		{"system:masters", "", "groups that begin with system: are Kubernetes' own"},
		{"System:nodes", "", "groups that begin with system: are Kubernetes' own"},
		{"kubectl-edge:cluster-admin", "", "groups that begin with kubectl-edge: are those of the roles"},
		{"view", "Shop", "--namespace: namespace \"Shop\" must have"},
		{"-view", "", "is neither view, edit, admin or cluster-admin nor a group"},
	} {
		t.Run(c.role+"/"+c.namespace, func(t *testing.T) {
			r := berlin
			r.Role, r.Namespace = c.role, c.namespace
			err := r.Check()
			if c.err == "" && err != nil || c.err != "" && (err == nil || !strings.Contains(err.Error(), c.err)) {
				t.Errorf("got %v, want %q", err, c.err)
			}
		})
	}
	r := berlin
	r.Credential = tokenrequest.Administrator
	if err := r.Check(); err == nil || !strings.Contains(err.Error(), "--role and --namespace do not apply") {
		t.Errorf("the administrator's credential with a role: %v", err)
	}
	if r.Role, r.Namespace = "", ""; r.Check() != nil {
		t.Errorf("the administrator's credential: %v", r.Check())
	}
	if err := (tokenrequest.Request{EdgeCluster: tokenrequest.EdgeCluster{Role: "view"}}).Check(); err == nil ||
		hint.Of(err) == "" {
		t.Errorf("a role without a cluster: %v, %q", err, hint.Of(err))
	}
}

// FuzzArguments holds the helper's parsing to what kubeconfigs may do: nothing, but name an instance. What is accepted
// is safe in any shell, and parses to the same again.
func FuzzArguments(f *testing.F) {
	f.Add(strings.Join(full.Args(), "\n"))
	f.Add("--project-id\n" + project + "\n--instance-id=demo-3714d85\n--expiration=1M")
	f.Add(strings.Join(berlin.Args(), "\n"))
	for _, value := range hostile {
		f.Add(strings.Join(berlin.Args(), "\n") + "\n--role=" + value)
		f.Add("--project-id=" + project + "\n--region=eu01\n--instance-id=" + value)
		f.Add("--project-id=" + project + "\n--region=eu01\n--instance-id=demo-3714d85\n" + value)
	}
	f.Fuzz(func(t *testing.T, arguments string) {
		r, err := tokenrequest.Parse(strings.Split(arguments, "\n"))
		if err != nil || r.Check() != nil {
			return
		}
		if r.Expiration != 0 && (r.Expiration < expiration.Min || r.Expiration > expiration.Max) {
			t.Errorf("lifetime %v", r.Expiration)
		}
		for _, arg := range r.Args() {
			if strings.ContainsFunc(arg, func(c rune) bool {
				return !strings.ContainsRune("abcdefghijklmnopqrstuvwxyzABCDEF0123456789-=", c) &&
					// in the names of groups and edge clusters
					!strings.ContainsRune("GHIJKLMNOPQRSTUVWXYZ.:/@_", c)
			}) {
				t.Errorf("%q is accepted", arg)
			}
		}
		again, err := tokenrequest.Parse(r.Args())
		if err != nil || again != r {
			t.Errorf("%q parses to %+v, then to %+v, %v", arguments, r, again, err)
		}
	})
}

// FuzzParseAsPflag holds Parse against pflag, which reads the same arguments in kubectl-edge.
func FuzzParseAsPflag(f *testing.F) {
	for _, arguments := range [][]string{
		full.Args(), berlin.Args(), {"--project-id", project, "--region", "eu01", "--instance-id", "demo-3714d85",
			"--expiration",
			"1M"},
		{"--region=eu01", "--region", "eu02"}, {"--region="}, {"--region", ""}, {"--region"},
		{"--region", "--profile", "x"}, {"--profile", "--version"}, {"--profile", "-h"}, {"-h"}, {"--help"},
		{"--profile=a=b"},
		{"--", "x"}, {"--"}, {"--region", "--"}, {"--=x"}, {"---region=x"}, {"-r"}, {"-"}, {""}, {"x"}, {"--absent=1"},
		{"--Region=x"}, {"--expiration=1y"}, {"--expiration=5s"},
	} {
		f.Add(strings.Join(arguments, "\n"))
	}
	f.Fuzz(func(t *testing.T, arguments string) {
		args := strings.Split(arguments, "\n")
		var want tokenrequest.Request
		flags := pflag.NewFlagSet("", pflag.ContinueOnError)
		flags.Usage = func() {}
		for _, f := range want.Flags() {
			flags.Var(f.Value, f.Name, f.Help)
		}
		err := flags.Parse(args)
		if err == nil && (flags.NArg() > 0 || flags.ArgsLenAtDash() >= 0) { // there is nothing that -- could end
			err = errors.New("more than flags")
		}
		got, gotErr := tokenrequest.Parse(args)
		if (gotErr == nil) != (err == nil) || err == nil && got != want {
			t.Errorf("%q: got %+v, %v, pflag has %+v, %v", args, got, gotErr, want, err)
		}
	})
}

func TestArgumentsSurviveAShell(t *testing.T) {
	group := berlin
	group.Role, group.Namespace = "oidc:team/shop@plant.example_A-1", ""
	for _, r := range []tokenrequest.Request{full, berlin, group} {
		out, err := exec.Command("sh", "-c", "printf '%s\\n' "+strings.Join(r.Args(), " ")).Output()
		if got := strings.Split(strings.TrimSpace(string(out)), "\n"); err != nil || !slices.Equal(got, r.Args()) {
			t.Errorf("got %q, %v", got, err)
		}
	}
}

func TestResolveFillsGaps(t *testing.T) {
	d := folders(t)
	save(t, d, profile.Config{CurrentProfile: "work", Profiles: map[string]profile.Profile{
		"work": {ProjectID: project, Region: "eu02", Expiration: "1h"},
		"bad":  {ProjectID: project, Expiration: "1 year"},
		"long": {ProjectID: project, Expiration: "30d"},
	}})
	for name, c := range map[string]struct {
		in, want tokenrequest.Request
		err      string
	}{
		"the profile's": {
			in: tokenrequest.Request{InstanceID: "demo-3714d85"},
			want: tokenrequest.Request{ProjectID: project, Region: "eu02", InstanceID: "demo-3714d85", Profile: "work",
				Expiration: time.Hour},
		},
		"its own": {in: full, want: full},
		"defaults": {
			in: tokenrequest.Request{ProjectID: project, InstanceID: "demo-3714d85", Profile: "default"},
			want: tokenrequest.Request{ProjectID: project, Region: "eu01", InstanceID: "demo-3714d85",
				Profile: "default", Expiration: 15 * time.Minute},
		},
		"a cluster's defaults": {
			in: tokenrequest.Request{ProjectID: project, InstanceID: "demo-3714d85", Profile: "default",
				EdgeCluster: tokenrequest.EdgeCluster{Cluster: "berlin"}},
			want: tokenrequest.Request{ProjectID: project, Region: "eu01", InstanceID: "demo-3714d85",
				Profile: "default", Expiration: time.Hour, EdgeCluster: tokenrequest.EdgeCluster{Cluster: "berlin",
					ClusterNamespace: "default", Role: "view", Credential: "certificate"}},
		},
		"a cluster's, where the profile's is for instances": {
			in: tokenrequest.Request{InstanceID: "demo-3714d85", Profile: "long",
				EdgeCluster: tokenrequest.EdgeCluster{Cluster: "berlin"}},
			want: tokenrequest.Request{ProjectID: project, Region: "eu01", InstanceID: "demo-3714d85",
				Profile: "long", Expiration: 24 * time.Hour, EdgeCluster: tokenrequest.EdgeCluster{Cluster: "berlin",
					ClusterNamespace: "default", Role: "view", Credential: "certificate"}},
		},
		"a cluster's for too long": {
			in: tokenrequest.Request{ProjectID: project, InstanceID: "demo-3714d85", Profile: "default",
				Expiration: 25 * time.Hour, EdgeCluster: tokenrequest.EdgeCluster{Cluster: "berlin"}},
			err: "--expiration 25h: a credential of an edge cluster lives for 1d at most, since nobody can end it " +
				"early",
		},
		"no project": {in: tokenrequest.Request{InstanceID: "demo-3714d85", Profile: "default"},
			err: `no project: --project-id is missing, and profile "default" has none`},
		"no instance": {in: tokenrequest.Request{ProjectID: project}, err: "no instance: --instance-id is missing"},
		"no profile": {in: tokenrequest.Request{ProjectID: project, InstanceID: "demo-3714d85", Profile: "absent"},
			err: `no profile "absent"`},
		"bad profile": {in: tokenrequest.Request{InstanceID: "demo-3714d85", Profile: "bad"},
			err: "expiration of profile bad: "},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := c.in.Resolve(d, noEnvironment)
			if c.err != "" {
				if err == nil || !strings.HasPrefix(err.Error(), c.err) {
					t.Errorf("got %v, want %q", err, c.err)
				}
				return
			}
			if diff := cmp.Diff(c.want, got.Request); err != nil || diff != "" {
				t.Errorf("%v, -want +got:\n%s", err, diff)
			}
		})
	}
}

func TestCacheSwitchedOff(t *testing.T) {
	d := folders(t)
	request := tokenrequest.Request{ProjectID: project, InstanceID: "demo-3714d85"}
	on, err := request.Resolve(d, noEnvironment)
	if err != nil || on.Store.Dir() == "" {
		t.Errorf("by default the store is %q, %v", on.Store.Dir(), err)
	}
	off, err := request.Resolve(d, func(name string) string {
		return map[string]string{tokencache.Variable: tokencache.None}[name]
	})
	if err != nil || off.Store.Dir() != "" {
		t.Errorf("switched off in the environment, it is %q, %v", off.Store.Dir(), err)
	}
	save(t, d, profile.Config{Cache: tokencache.None})
	if off, err = request.Resolve(d, noEnvironment); err != nil || off.Store.Dir() != "" {
		t.Errorf("switched off in the configuration, it is %q, %v", off.Store.Dir(), err)
	}
}

// TestKey changes one thing at a time: each has to change the key, and nothing has to change it by itself.
func TestKey(t *testing.T) {
	d := folders(t)
	config := profile.Config{Profiles: map[string]profile.Profile{"work": {}, "home": {}}}
	save(t, d, config)
	session := profile.Session{Profile: "work", Method: "key", Principal: "ada", Generation: "1"}
	if err := session.Save(d); err != nil {
		t.Fatal(err)
	}
	keys := map[tokencache.Key]string{}
	add := func(what string, r tokenrequest.Request, getenv func(string) string) {
		t.Helper()
		key, err := r.Key(d, getenv)
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		if again, err := r.Key(d, getenv); err != nil || again != key {
			t.Errorf("%s: the key is %v, then %v, %v", what, key, again, err)
		}
		if other, ok := keys[key]; ok {
			t.Errorf("%s and %s have the same key", what, other)
		}
		keys[key] = what
	}
	change := func(what string, f func(*tokenrequest.Request)) {
		r := full
		f(&r)
		add(what, r, noEnvironment)
	}
	change("the request", func(*tokenrequest.Request) {})
	change("project", func(r *tokenrequest.Request) { r.ProjectID = strings.Replace(project, "1", "2", 1) })
	change("region", func(r *tokenrequest.Request) { r.Region = "eu02" })
	change("instance", func(r *tokenrequest.Request) { r.InstanceID = "demo-3714d86" })
	change("profile", func(r *tokenrequest.Request) { r.Profile = "home" })
	change("lifetime", func(r *tokenrequest.Request) { r.Expiration = time.Hour })
	cluster := func(what string, f func(*tokenrequest.EdgeCluster)) {
		r := berlin
		f(&r.EdgeCluster)
		add(what, r, noEnvironment)
	}
	cluster("a cluster", func(*tokenrequest.EdgeCluster) {})
	cluster("another", func(e *tokenrequest.EdgeCluster) { e.Cluster = "hamburg" })
	cluster("its namespace", func(e *tokenrequest.EdgeCluster) { e.ClusterNamespace = "edge" })
	cluster("another of the same name", func(e *tokenrequest.EdgeCluster) { e.ClusterUID = project })
	cluster("its authorities", func(e *tokenrequest.EdgeCluster) { e.CA = strings.Repeat("0", 64) })
	cluster("its address", func(e *tokenrequest.EdgeCluster) { e.Server = strings.Repeat("0", 64) })
	cluster("role", func(e *tokenrequest.EdgeCluster) { e.Role = "view" })
	cluster("namespace", func(e *tokenrequest.EdgeCluster) { e.Namespace = "default" })
	cluster("kind", func(e *tokenrequest.EdgeCluster) { e.Credential = "token" })
	for _, name := range []string{"STACKIT_ACCESS_TOKEN", "STACKIT_SERVICE_ACCOUNT_KEY",
		"STACKIT_SERVICE_ACCOUNT_TOKEN", "STACKIT_FEDERATED_TOKEN_FILE"} {
		for _, value := range []string{"a", "b"} {
			add(name+"="+value, full, func(n string) string { return map[string]string{name: value}[n] })
		}
	}

	session.Generation = "2"
	if err := session.Save(d); err != nil {
		t.Fatal(err)
	}
	change("another login of the same", func(*tokenrequest.Request) {})
	session.Principal = "rob"
	if err := session.Save(d); err != nil {
		t.Fatal(err)
	}
	change("a login of another", func(*tokenrequest.Request) {})
	if err := os.Remove(profile.SessionPath(d, "work")); err != nil {
		t.Fatal(err)
	}
	change("nobody", func(*tokenrequest.Request) {})
	config.Profiles["work"] = profile.Profile{Endpoints: profile.Endpoints{Edge: "https://edge.api.eu02.stackit.cloud"}}
	save(t, d, config)
	change("endpoint", func(*tokenrequest.Request) {})
}

// A target is current until the session ends, also one whose gaps the profile filled.
func TestCurrent(t *testing.T) {
	d := folders(t)
	save(t, d, profile.Config{CurrentProfile: "work", Profiles: map[string]profile.Profile{
		"work": {ProjectID: project, Region: "eu02", Expiration: "1h"},
	}})
	session := profile.Session{Profile: "work", Method: "key", Principal: "ada", Generation: "1"}
	if err := session.Save(d); err != nil {
		t.Fatal(err)
	}
	for name, request := range map[string]tokenrequest.Request{
		"full": full, "with gaps": {InstanceID: "demo-3714d85"},
	} {
		t.Run(name, func(t *testing.T) {
			if err := session.Save(d); err != nil {
				t.Fatal(err)
			}
			target, err := request.Resolve(d, noEnvironment)
			if err != nil {
				t.Fatal(err)
			}
			if !target.Current(d, noEnvironment) {
				t.Error("not current although nothing has changed")
			}
			if err := os.Remove(profile.SessionPath(d, "work")); err != nil {
				t.Fatal(err)
			}
			if target.Current(d, noEnvironment) {
				t.Error("current without the session")
			}
		})
	}
}

// TestKeyOfTheCurrentProfile has the three ways to choose a profile mean the same.
func TestKeyOfTheCurrentProfile(t *testing.T) {
	d := folders(t)
	save(t, d, profile.Config{CurrentProfile: "work", Profiles: map[string]profile.Profile{"work": {}, "home": {}}})
	key := func(getenv func(string) string) tokencache.Key {
		t.Helper()
		r := full
		r.Profile = ""
		k, err := r.Key(d, getenv)
		if err != nil {
			t.Fatal(err)
		}
		return k
	}
	chosen := func(name string) func(string) string {
		return func(n string) string { return map[string]string{profile.NameVariable: name}[n] }
	}
	if key(noEnvironment) != key(chosen("work")) {
		t.Error("the current profile and the same by its name have different keys")
	}
	if key(noEnvironment) == key(chosen("home")) {
		t.Error("two profiles have the same key")
	}
}

func TestErrorsOfResolveHaveANextStep(t *testing.T) {
	d := folders(t)
	for _, r := range []tokenrequest.Request{{InstanceID: "demo-3714d85"}, {ProjectID: project}, {Profile: "absent"}} {
		if _, err := r.Resolve(d, noEnvironment); hint.Of(err) == "" {
			t.Errorf("%+v: %v has none", r, err)
		}
	}
}
