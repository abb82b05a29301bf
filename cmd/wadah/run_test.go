package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"wadah/models/postgres/pgtest"
)

// ran is what one run of the command left behind.
type ran struct {
	code        int
	out, errout string
}

// command runs the program in this process, with nothing of its environment.
func command(t *testing.T, env map[string]string, stdin string, args ...string) ran {
	t.Helper()
	var out, errout bytes.Buffer
	code := run(t.Context(), program{
		args: args, getenv: func(name string) string { return env[name] },
		stdin: strings.NewReader(stdin), stdout: &out, stderr: &errout,
	})
	return ran{code, out.String(), errout.String()}
}

// install makes an installation as the first start of a server does, and returns the flag
// that names it.
func install(t *testing.T, dir string, env map[string]string) (data string) {
	t.Helper()
	p := &program{getenv: func(name string) string { return env[name] }}
	store, err := dataFlags{Data: dir, DatabaseURL: env["WADAH_DATABASE_URL"]}.open(t.Context(), p, slog.New(slog.DiscardHandler), false)
	if err == nil {
		err = store.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	return "--data=" + dir
}

const goodPassword = "perahu kertas di sungai"

func TestRunUsage(t *testing.T) {
	dir := t.TempDir()
	empty := filepath.Join(dir, "empty")
	if err := os.WriteFile(empty, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	data := install(t, filepath.Join(dir, "data"), nil)
	tests := map[string]struct {
		args []string
		env  map[string]string
		code int
		says string // part of standard error, or of standard output for code 0
	}{
		"help":                        {[]string{"--help"}, nil, exitOK, "WADAH_LOG_LEVEL"},
		"help of a command":           {[]string{"serve", "--help"}, nil, exitOK, "WADAH_LISTEN"},
		"unknown command":             {[]string{"fly"}, nil, exitUsage, "fly"},
		"unknown flag":                {[]string{"serve", "--fly"}, nil, exitUsage, "--fly"},
		"no name":                     {[]string{"device", "add", data}, nil, exitUsage, "name"},
		"bad log level":               {[]string{"version", "--log-level", "loud"}, nil, exitUsage, "loud"},
		"bad log level, environment":  {[]string{"version"}, map[string]string{"WADAH_LOG_LEVEL": "loud"}, exitUsage, "loud"},
		"bad listen address":          {[]string{"serve", data, "--listen", "nonsense"}, nil, exitUsage, "--listen"},
		"bad public address":          {[]string{"serve", data, "--public-url", "wa.example.org"}, nil, exitUsage, "--public-url"},
		"a path that is ours":         {[]string{"serve", data, "--public-url", "https://example.org/devices/"}, nil, exitUsage, "cannot be used"},
		"a path that is odd":          {[]string{"serve", data, "--public-url", "https://example.org/a%20b"}, nil, exitUsage, "cannot be used"},
		"two paths":                   {[]string{"serve", data, "--public-url", "https://example.org/wa,http://wadah:8080/wa"}, nil, exitUsage, "is not needed"},
		"a second public address":     {[]string{"serve", data, "--public-url", "https://wa.example.org,wadah"}, nil, exitUsage, "\"wadah\""},
		"pages of any site":           {[]string{"serve", data, "--cors-origins", "*"}, nil, exitUsage, "each one is named"},
		"a site with a path":          {[]string{"serve", data}, map[string]string{"WADAH_CORS_ORIGINS": "https://a.example,https://b.example/app"}, exitUsage, "https://b.example/app"},
		"bad proxy":                   {[]string{"serve", data, "--trusted-proxies", "nginx"}, nil, exitUsage, "nginx"},
		"everybody a proxy":           {[]string{"serve", data, "--trusted-proxies", "0.0.0.0/0"}, nil, exitUsage, "say that they are somebody else"},
		"everybody a proxy, IPv6":     {[]string{"serve", data, "--trusted-proxies", "127.0.0.1,::/0"}, nil, exitUsage, "::/0"},
		"half of everybody a proxy":   {[]string{"serve", data, "--trusted-proxies", "::ffff:128.0.0.0/97"}, nil, exitUsage, "128.0.0.0/1"},
		"certificate without a key":   {[]string{"serve", data, "--tls-cert", empty}, nil, exitUsage, "go together"},
		"certificate that is missing": {[]string{"serve", data, "--tls-cert", filepath.Join(dir, "none"), "--tls-key", empty}, nil, exitUsage, "no such file"},
		"certificate that is none":    {[]string{"serve", data, "--tls-cert", empty, "--tls-key", empty}, nil, exitUsage, "in PEM"},
		"sends backwards":             {[]string{"serve", data, "--send-rate=-1"}, nil, exitUsage, "--send-rate"},
		"webhooks to nowhere":         {[]string{"serve", data, "--webhook-allow=10.0.0.0/99"}, nil, exitUsage, "--webhook-allow"},
		"webhooks without a CA":       {[]string{"serve", data, "--webhook-ca=/dev/null"}, nil, exitUsage, "--webhook-ca"},
		"no dial at a time":           {[]string{"serve", data, "--dials-at-once=0"}, nil, exitUsage, "--dials-at-once"},
		"a short scan window":         {[]string{"serve", data, "--scan-window=10s"}, nil, exitUsage, "--scan-window"},
		"a grace without a unit":      {[]string{"serve", data, "--grace=120"}, nil, exitUsage, "--grace"},
		"a negative limit":            {[]string{"serve", data, "--key-rate=-1"}, nil, exitUsage, "--key-rate"},
		"a limit in words":            {[]string{"serve", data, "--max-devices", "many"}, nil, exitUsage, "max-devices"},
		"a body limit too small":      {[]string{"serve", data, "--max-body", "1"}, nil, exitUsage, "--max-body"},
		"bad phone region":            {[]string{"serve", data, "--phone-region", "Indonesia"}, nil, exitUsage, "--phone-region"},
		"simulation without a key":    {[]string{"serve", data, "--whatsapp-url", "ws://127.0.0.1:1/ws/chat"}, nil, exitUsage, "--whatsapp-root-key"},
		"simulation without address":  {[]string{"serve", data, "--whatsapp-root-key", strings.Repeat("ab", 32)}, nil, exitUsage, "--whatsapp-url"},
		"simulation on another host":  {[]string{"serve", data, "--whatsapp-url", "ws://192.0.2.1:1/ws/chat", "--whatsapp-root-key", strings.Repeat("ab", 32)}, nil, exitUsage, "on this machine"},
		"key file that is missing":    {[]string{"device", "list", data, "--server-key-file", filepath.Join(dir, "none")}, nil, exitUsage, "there is no file"},
		"key file that is empty":      {[]string{"device", "list", data, "--server-key-file", empty}, nil, exitUsage, "is empty"},
		"key twice":                   {[]string{"device", "list", data}, map[string]string{"WADAH_SERVER_KEY": "00", "WADAH_SERVER_KEY_FILE": empty}, exitUsage, "both set"},
		"malformed key":               {[]string{"device", "list", data}, map[string]string{"WADAH_SERVER_KEY": "00ff"}, exitFailure, "64 hexadecimal digits"},
		"no password":                 {[]string{"user", "add", "ani", data}, nil, exitUsage, "password"},
		"unknown role":                {[]string{"user", "add", "ani", data, "--role", "king"}, nil, exitUsage, "king"},
		"backup without a database":   {[]string{"backup", filepath.Join(dir, "b"), "--data", filepath.Join(dir, "none")}, nil, exitFailure, "no Wadah installation"},
		"restore of what is no copy":  {[]string{"restore", empty, "--data", filepath.Join(dir, "new")}, nil, exitFailure, "no complete backup"},
		"health without a server":     {[]string{"health", "--listen", "127.0.0.1:1"}, nil, exitFailure, "no server answers"},
		"data folder under a file":    {[]string{"device", "list", "--data", filepath.Join(empty, "data")}, nil, exitFailure, "choose another folder"},
		"empty variables are no flag": {[]string{"version"}, map[string]string{"WADAH_LOG_LEVEL": "", "WADAH_JSON": ""}, exitOK, "whatsmeow"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got := command(t, test.env, "", test.args...)
			text := got.errout
			if test.code == exitOK {
				text = got.out
			}
			if got.code != test.code || !strings.Contains(text, test.says) {
				t.Errorf("wadah %v: code %d, want %d; want %q in:\n%s%s", test.args, got.code, test.code, test.says, got.out, got.errout)
			}
			if test.code != exitOK && got.out != "" {
				t.Errorf("a failed command printed to standard output: %q", got.out)
			}
		})
	}
}

func TestVersion(t *testing.T) {
	got := command(t, map[string]string{"WADAH_JSON": "true"}, "", "version")
	var v versions
	if err := json.Unmarshal([]byte(got.out), &v); err != nil || got.code != exitOK {
		t.Fatalf("code %d, %v:\n%s%s", got.code, err, got.out, got.errout)
	}
	if v.Wadah == "" || !regexp.MustCompile(`^2\.3\d{3}\.\d+$`).MatchString(v.WhatsAppWeb) {
		t.Errorf("versions %+v", v)
	}
}

// The version shown is the one that connections really present: what a server on the
// folder has learnt, if that is newer than the library's.
func TestVersionLearnt(t *testing.T) {
	dir := t.TempDir()
	data := dataFlags{Data: dir}
	p := &program{getenv: func(string) string { return "" }}
	shown := func() string {
		t.Helper()
		got := command(t, nil, "", "version", "--json", "--data", dir)
		var v versions
		if err := json.Unmarshal([]byte(got.out), &v); err != nil || got.code != exitOK {
			t.Fatalf("code %d, %v:\n%s%s", got.code, err, got.out, got.errout)
		}
		return v.WhatsAppWeb
	}
	builtin := shown()
	for stored, want := range map[string]string{"2.3000.4294967290": "2.3000.4294967290", "2.2243.7": builtin, "soon": builtin} {
		store, err := data.open(t.Context(), p, slog.New(slog.DiscardHandler), false)
		if err != nil {
			t.Fatal(err)
		}
		err = errors.Join(store.SetSetting(t.Context(), "whatsapp_version", stored), store.Close())
		if err != nil {
			t.Fatal(err)
		}
		if got := shown(); got != want {
			t.Errorf("learnt %s: shown %s, want %s", stored, got, want)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "server.key"), []byte("broken"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := shown(); got != builtin {
		t.Errorf("with a folder that cannot be opened: %s, want %s", got, builtin)
	}
}

func TestPseudoVersionDate(t *testing.T) {
	for v, want := range map[string]string{
		"v0.0.0-20260821141805-33cfac511629": "2026-08-21",
		"v1.2.3":                             "v1.2.3",
		"v0.0.0-20269921141805-33cfac511629": "v0.0.0-20269921141805-33cfac511629",
		"(devel)":                            "(devel)",
	} {
		if got := pseudoVersionDate(v); got != want {
			t.Errorf("pseudoVersionDate(%q) = %q, want %q", v, got, want)
		}
	}
}

func TestDeviceCommands(t *testing.T) {
	data := install(t, filepath.Join(t.TempDir(), "with space", "and % ? # signs"), nil)
	added := command(t, nil, "", "device", "add", "  Kasir 1 ", "--json", data)
	var device deviceKeyOut
	if err := json.Unmarshal([]byte(added.out), &device); err != nil || added.code != exitOK {
		t.Fatalf("device add: code %d, %v:\n%s%s", added.code, err, added.out, added.errout)
	}
	if device.Name != "Kasir 1" || device.ID == "" || !regexp.MustCompile(`^[0-9a-f]{32}$`).MatchString(device.APIKey) {
		t.Errorf("device add printed %+v", device)
	}
	for _, name := range []string{"kasir 1", "", strings.Repeat("x", 61)} {
		if got := command(t, nil, "", "device", "add", data, "--", name); got.code != exitFailure || got.errout == "" {
			t.Errorf("device add %q: code %d, %s", name, got.code, got.errout)
		}
	}
	key := command(t, nil, "", "device", "key", "Kasir 1", data)
	if key.out != device.APIKey+"\n" {
		t.Errorf("device key printed %q, want %q", key.out, device.APIKey)
	}
	if got := command(t, nil, "", "device", "key", "Gudang", data); got.code != exitFailure || !strings.Contains(got.errout, "device list") {
		t.Errorf("device key of an unknown device: %+v", got)
	}
	listed := command(t, nil, "", "device", "list", "--json", data)
	var devices []deviceOut
	if err := json.Unmarshal([]byte(listed.out), &devices); err != nil || len(devices) != 1 || devices[0].ID != device.ID {
		t.Errorf("device list: %v, %s", err, listed.out)
	}
	if got := command(t, nil, "", "device", "list", data); !strings.Contains(got.out, "Kasir 1") || strings.Contains(got.out, device.APIKey) {
		t.Errorf("device list printed:\n%s", got.out)
	}
}

func TestUserCommands(t *testing.T) {
	dir := t.TempDir()
	data := install(t, filepath.Join(dir, "data"), nil)
	file := filepath.Join(dir, "password")
	if err := os.WriteFile(file, []byte(goodPassword+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	steps := []struct {
		name  string
		env   map[string]string
		stdin string
		args  []string
		code  int
		says  string
	}{
		{"from standard input", nil, goodPassword + "\r\n", []string{"user", "add", "ani", data}, exitOK, "admin"},
		{"from a file", nil, "", []string{"user", "add", "budi", "--role", "viewer", "--password-file", file, data}, exitOK, "viewer"},
		{"from a variable", map[string]string{"WADAH_PASSWORD": goodPassword}, "", []string{"user", "add", "citra", data}, exitOK, "citra"},
		{"the same name again", nil, goodPassword, []string{"user", "add", "ANI", data}, exitFailure, "wadah:"},
		{"a short password", nil, "short", []string{"user", "add", "dewi", data}, exitFailure, "12"},
		{"a new password", nil, goodPassword + "!", []string{"user", "passwd", "ani", data}, exitOK, "ani"},
		{"a lost authenticator", nil, goodPassword + "?", []string{"user", "passwd", "ani", "--reset-second-factor", data}, exitOK, "second factor removed"},
		{"of nobody", nil, goodPassword, []string{"user", "passwd", "eka", data}, exitFailure, "eka"},
	}
	for _, step := range steps {
		got := command(t, step.env, step.stdin, step.args...)
		if text := got.out + got.errout; got.code != step.code || !strings.Contains(text, step.says) || strings.Contains(text, goodPassword) {
			t.Errorf("%s: code %d, want %d; want %q in:\n%s", step.name, got.code, step.code, step.says, text)
		}
	}
}

func TestBackupAndRestore(t *testing.T) {
	dir := t.TempDir()
	from, to := install(t, filepath.Join(dir, "from"), nil), "--data="+filepath.Join(dir, "to")
	file := filepath.Join(dir, "wadah.tar.gz")
	command(t, nil, "", "device", "add", "Kasir", from)
	key := command(t, nil, "", "device", "key", "Kasir", from)
	if key.code != exitOK {
		t.Fatal(key.errout)
	}
	if got := command(t, nil, "", "backup", file, from); got.code != exitOK {
		t.Fatal(got.errout)
	}
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the backup is %v, %v: want private", info.Mode(), err)
	}
	if got := command(t, nil, "", "backup", file, from); got.code != exitFailure || !strings.Contains(got.errout, "exists") {
		t.Errorf("a second backup to the same file: %+v", got)
	}
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	cut := filepath.Join(dir, "cut.tar.gz")
	if err := os.WriteFile(cut, content[:len(content)/2], 0o600); err != nil {
		t.Fatal(err)
	}
	if got := command(t, nil, "", "restore", cut, to); got.code != exitFailure || !strings.Contains(got.errout, "no complete backup") {
		t.Errorf("restore of half a backup: %+v", got)
	}
	if got := command(t, nil, "", "restore", file, to); got.code != exitOK {
		t.Fatal(got.errout)
	}
	if got := command(t, nil, "", "device", "key", "Kasir", to); got.out != key.out {
		t.Errorf("the key after restore is %q (%s), want %q", got.out, got.errout, key.out)
	}
	if got := command(t, nil, "", "restore", file, to); got.code != exitFailure || !strings.Contains(got.errout, "overwrites nothing") {
		t.Errorf("restore over data: %+v", got)
	}
	left, err := filepath.Glob(filepath.Join(dir, "*", ".*"))
	if err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

func TestBackupWithoutTheKey(t *testing.T) {
	for name, url := range map[string]string{"SQLite": "", "PostgreSQL": pgtest.URL(t)} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			env := map[string]string{"WADAH_SERVER_KEY": strings.Repeat("5a", 32), "WADAH_DATABASE_URL": url}
			from, to, file := install(t, filepath.Join(dir, "from"), env), "--data="+filepath.Join(dir, "to"), filepath.Join(dir, "b")
			command(t, env, "", "device", "add", "Kasir", from)
			if got := command(t, env, "", "backup", file, from); got.code != exitOK || !strings.Contains(got.out, "server key") {
				t.Fatalf("backup: %+v", got)
			}
			if url != "" {
				env["WADAH_DATABASE_URL"] = pgtest.Copy(t, url)
			}
			keyless := map[string]string{"WADAH_DATABASE_URL": env["WADAH_DATABASE_URL"]}
			if got := command(t, keyless, "", "restore", file, to); got.code != exitFailure {
				t.Errorf("restore without the key: %+v", got)
			}
			if got := command(t, env, "", "restore", file, to); got.code != exitOK {
				t.Errorf("restore with the key: %+v", got)
			}
			if got := command(t, env, "", "device", "list", to); !strings.Contains(got.out, "Kasir") {
				t.Errorf("the restored installation lists %+v", got)
			}
		})
	}
}

func TestLockFolder(t *testing.T) {
	dir := t.TempDir()
	release, err := lockFolder(dir)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := lockFolder(dir); err == nil || !strings.Contains(err.Error(), "another Wadah server") {
		t.Errorf("the second lock: %v", err)
	}
	if err := release(); err != nil {
		t.Fatal(err)
	}
	again, err := lockFolder(dir)
	if err != nil {
		t.Fatalf("after the release: %v", err)
	}
	if err := again(); err != nil {
		t.Fatal(err)
	}
}

func TestListen(t *testing.T) {
	first, err := listen(context.Background(), "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer first.Close()
	if _, err := listen(context.Background(), first.Addr().String()); err == nil || !strings.Contains(err.Error(), "in use by another program") {
		t.Errorf("a busy port: %v", err)
	}
}
