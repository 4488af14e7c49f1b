package audit

import (
	"strings"
	"testing"
)

// Secrets that no name announces: what the program is, what is fed to it, or the sentence around them says what they
// are.
func TestSecretsByProgram(t *testing.T) {
	exec := func(command, args string) string { return "exec:\n  command: " + command + "\n  args: " + args }
	shell := func(s string) string {
		return "exec:\n  command: bash\n  args:\n  - -c\n  - |\n    " + strings.ReplaceAll(s, "\n", "\n    ")
	}
	for name, user := range map[string]string{
		"letter":                    exec("doctl", "[-t, hunter2, kubernetes]"),
		"letter, glued":             exec("/usr/local/bin/doctl", "[-thunter2, kubernetes]"),
		"letter, assigned":          exec(`'C:\bin\doctl.exe'`, "[-t=hunter2, kubernetes]"),
		"letter, behind env":        exec("env", "[A=b, doctl, -t, hunter2]"),
		"letter, in a shell":        shell("REGION=fra1 doctl -t hunter2 kubernetes"),
		"letter, after another":     shell("cd /tmp && sudo doctl -t 'hunter2' kubernetes"),
		"LDAP":                      exec("ldapsearch", "[-D, cn=x, -w, hunter2]"),
		"Redis":                     shell("redis-cli -a hunter2 get token"),
		"openssl":                   shell("openssl enc -d -aes256 -k hunter2 -in token"),
		"HTTPie":                    shell("http -a me:hunter2 GET x"),
		"session":                   exec("op", "[item, --session=hunter2]"),
		"vault, positional":         shell("vault login hunter2 && helper"),
		"Bitwarden, positional":     exec("bw", "[unlock, --raw, hunter2]"),
		"user and password":         exec("helper", "['me:hunter2']"),
		"user and password, mail":   exec("helper", "['ada@example.com:hunter2']"),
		"user and password, login":  exec("helper", "[login, 'ada:hunter2']"),
		"user and password, strong": exec("helper", "['ada:Sommer2024!']"),
		"echo":                      shell("echo hunter2 | kinit me@EXAMPLE.COM && helper"),
		"echo, quoted":              shell("echo -n 'hunter2' | kinit me"),
		"printf":                    shell(`printf '%s\n' "hunter2" | docker login --password-stdin -u me x`),
		"printf, bare":              shell(`printf 'hunter2\n' | sudo -S helper`),
		"echo, of cmd":              exec("cmd", "[/c, 'echo hunter2| helper login --password-stdin']"),
		"here string":               shell("kinit me <<< hunter2"),
		"here string, by fd":        shell("gpg --batch --passphrase-fd 0 -d x <<< hunter2"),
		"here document":             shell("kinit me <<EOF\nhunter2\nEOF\nhelper"),
		"here document, quoted":     shell("gh auth login --with-token <<-'END'\n\thunter2\n\tEND"),
		"netrc":                     shell("cat > ~/.netrc <<EOF\nmachine x login me password hunter2\nEOF\ncurl -n x"),
		"PowerShell":                exec("pwsh", `[-c, "$pw = ConvertTo-SecureString 'hunter2' -AsPlainText"]`),
		"PowerShell, piped":         exec("pwsh", `[-c, "'hunter2' | ConvertTo-SecureString -AsPlainText -Force"]`),
		"expect":                    exec("expect", `[-c, 'spawn x; expect assword; send "hunter2\r"']`),
		"Python":                    exec("python3", `[-c, "requests.post('x', auth=('me','hunter2'))"]`),
		"settings": "exec: {command: x, env: [{name: CONFIG, " +
			"value: \"[x]\\npassword = hunter2\\n\"}]}",
		"sentence":         "exec: {command: x, installHint: log in as admin with password hunter2}",
		"sentence, is":     "exec: {command: x, installHint: the password is hunter2.}",
		"sentence, quoted": "exec: {command: x, installHint: das Passwort lautet „hunter2“}",
		"sentence, both":   "exec: {command: x, installHint: use admin/hunter2}",
	} {
		foundAndHidden(t, name, user)
	}
}

func TestHarmlessByProgram(t *testing.T) {
	exec := func(command, args string) string { return "exec:\n  command: " + command + "\n  args: " + args }
	shell := func(s string) string {
		return "exec:\n  command: bash\n  args:\n  - -c\n  - |\n    " + strings.ReplaceAll(s, "\n", "\n    ")
	}
	for name, user := range map[string]string{
		"letter of another":     exec("docker", "[build, -t, 'repo/img2:1.2', .]"),
		"letter, a reference":   shell("doctl -t \"$TOKEN\" kubernetes"),
		"letter, a file":        exec("doctl", "[-t, /run/secrets/token]"),
		"letter, beside":        shell("doctl kubernetes && helper -t prod2"),
		"folder":                shell("mkdir -p work2 && helper"),
		"port":                  shell("ssh -p 2222 host1 helper"),
		"echo of a reference":   shell("echo \"$(pass show x)\" | kinit me"),
		"echo of yes":           shell("echo yes | sudo -S helper"),
		"echo to another":       shell("echo eu01 | grep -q eu && helper"),
		"echo, and or":          shell("echo failed2 || kinit me"),
		"echo into a file":      shell("echo run2 >> /tmp/log2; kinit -kt /etc/krb5.keytab me"),
		"here document, other":  shell("cat <<EOF\nhello2\nEOF\nhelper"),
		"here string, other":    shell("jq -r .x <<< abc123"),
		"unlocked by variable":  shell("bw unlock --raw --passwordenv BW_PASSWORD"),
		"vault's method":        shell("vault login -method userpass role=dev2"),
		"image":                 exec("docker", "[run, 'redis:7-alpine', 'amazon/aws-cli:2.15.0']"),
		"place":                 exec("helper", "['env:prod2', 'region:eu01', 'type:rsa2048', 'read:org']"),
		"login elsewhere":       exec("helper", "[login, 'registry.example:5000']"),
		"jq":                    shell("helper | jq '{token: .id_token, password: .pw}'"),
		"expect of a variable":  exec("expect", `[-c, 'expect assword; send "$env(PW)\r"']`),
		"expect, yes":           exec("expect", `[-c, 'expect yes/no; send "yes2\r"; expect eof']`),
		"sentence":              "exec: {command: x, installHint: log in with your password first}",
		"sentence, of the kind": "exec: {command: x, installHint: the password is sha256-hashed; a token is OAuth2.}",
		"sentence, of version":  "exec: {command: x, installHint: needs a token v1beta1 or a password 2.0.1 of x}",
		"sentence, elsewhere":   "exec: {command: x, installHint: the password is in ~/.helper/config2}",
		"sentence, page":        "exec: {command: x, installHint: see docs/admin/setup2}",
	} {
		if s := judgedUser(t, user); len(s.found) > 0 {
			t.Errorf("%s is found as %s:\n%s", name, s.found[0].kind, user)
		}
	}
}

// What is read as a shell's ends, and in a time that grows with its length.
func TestCallsOfAnyText(t *testing.T) {
	for _, text := range []string{"", "'", `"`, `\`, "<<", "<<<", "<<-", "<<E", "<<E\n", "<<E\nx", "a|", "||", ">",
		"2>&1", "a <<A <<B\nx\nA\ny\nB\nz", "$(", "`", strings.Repeat("<<E\n", 1000), strings.Repeat("'\"", 1000)} {
		calls(text)
	}
	got := calls("a <<A <<B\nx\nA\nhunter2\nB\nkinit <<< b")
	if len(got) != 2 || got[0].input != "hunter2" || got[1].input != "b" {
		t.Errorf("got %q, want the last document of the first call, and the string of the second", got)
	}
}

// Translations and settings name what a kubeconfig has, and are passed over in a folder.
func TestTranslationsAreNotKubeconfigs(t *testing.T) {
	for name, text := range map[string]string{
		"messages.properties": "users: Users\nclusters: Clusters\nlogin.password=Password\ntoken: Token {0}\n",
		"en.yaml":             "users: Users\nclusters: \"Clusters\"\npassword: Password\n",
		"en.json":             `{"users": "Users", "clusters": "Clusters", "contexts": "x", "password": "Password"}`,
		"types.py":            "users: List[User]\nclusters: dict\n",
	} {
		if looksLikeKubeconfig([]byte(text)) {
			t.Errorf("%s passes for a kubeconfig", name)
		}
	}
	for _, text := range []string{"users: null\ncontexts:\n", "users: [\ncontexts: []",
		"users: {{ .Users }}\nclusters: &c\n",
		`{"users":[],"contexts":[]}`, "users: # ours\ncontexts: ${CONTEXTS}\n", `users: "$USERS"` + "\nclusters: ~\n"} {
		if !looksLikeKubeconfig([]byte(text)) {
			t.Errorf("%q does not pass for a kubeconfig", text)
		}
	}
}
