//go:build soak

package main

import (
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// README's samples of nginx and Caddy, run by nginx and Caddy: with a host name of its own and
// below a path, which nginx also takes off. What they change of the samples is the address they
// listen at, TLS, and where Wadah listens.
func TestRealProxies(t *testing.T) {
	nginx := readmeBlocks(t, "```nginx\n", 2)
	caddy := readmeBlocks(t, "```\n", 2)
	own, location := nginx[0], nginx[1]
	start, _, _ := strings.Cut(own, "    location / {")
	below := start + location + "}\n"
	for name, test := range map[string]struct {
		run    func(t *testing.T, sample, at, to string)
		sample string
		base   string
	}{
		"nginx":                            {runNginx, own, ""},
		"nginx, below a path":              {runNginx, below, "/wadah"},
		"nginx, below a path it takes off": {runNginx, strings.Replace(below, "8080;", "8080/;", 1), "/wadah"},
		"Caddy":                            {runCaddy, caddy[0], ""},
		"Caddy, below a path":              {runCaddy, caddy[1], "/wadah"},
		"Caddy, below a path it takes off": {runCaddy, strings.Replace(caddy[1], "reverse_proxy /wadah/* 127.0.0.1:8080", "handle_path /wadah/* {\n reverse_proxy 127.0.0.1:8080\n}", 1), "/wadah"},
	} {
		t.Run(name, func(t *testing.T) {
			at, to := portToListenAt(t), portToListenAt(t)
			test.run(t, test.sample, at, to)
			newWorld(t).below(to, "http://"+at+test.base).worksBelow(test.base)
		})
	}
}

// readmeBlocks are the first n blocks of code that begin so in README's part on proxies.
func readmeBlocks(t *testing.T, begin string, n int) (blocks []string) {
	t.Helper()
	text, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, part, _ := strings.Cut(string(text), "\n## Behind a reverse proxy\n")
	part, _, _ = strings.Cut(part, "\n## ")
	for rest := part; len(blocks) < n; {
		_, block, found := strings.Cut(rest, "\n\n"+begin)
		if !found {
			t.Fatalf("README has %d of %d blocks of %q", len(blocks), n, begin)
		}
		block, rest, _ = strings.Cut(block, "```\n")
		blocks = append(blocks, block)
	}
	return blocks
}

// mustReplace replaces what has to be there.
func mustReplace(t *testing.T, text string, pairs ...string) string {
	t.Helper()
	for i := 0; i < len(pairs); i += 2 {
		if !strings.Contains(text, pairs[i]) {
			t.Fatalf("no %q in\n%s", pairs[i], text)
		}
		text = strings.ReplaceAll(text, pairs[i], pairs[i+1])
	}
	return text
}

func runNginx(t *testing.T, sample, at, to string) {
	t.Helper()
	dir := t.TempDir()
	conf := "daemon off; master_process off; pid nginx.pid; error_log stderr; events {}\nhttp { access_log off;\n"
	for _, kind := range []string{"client_body", "proxy", "fastcgi", "uwsgi", "scgi"} {
		conf += kind + "_temp_path " + filepath.Join(dir, kind) + ";\n"
	}
	conf += mustReplace(t, sample, "listen 443 ssl;", "listen "+at+";", "127.0.0.1:8080", to) + "}\n"
	runProxy(t, at, dir, "nginx.conf", conf, "nginx", "-p", dir, "-c", "nginx.conf", "-e", "stderr")
}

func runCaddy(t *testing.T, sample, at, to string) {
	t.Helper()
	_, sample, _ = strings.Cut(sample, "example.org {") // with what stands before it
	conf := "{\n\tadmin off\n\tauto_https off\n}\nhttp://" + at + " {" + mustReplace(t, sample, "127.0.0.1:8080", to)
	runProxy(t, at, t.TempDir(), "Caddyfile", conf, "caddy", "run", "--config", "Caddyfile")
}

func runProxy(t *testing.T, at, dir, file, conf, name string, args ...string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, file), []byte(conf), 0o600); err != nil {
		t.Fatal(err)
	}
	path, err := exec.LookPath(name)
	if err != nil {
		t.Fatalf("README's samples of proxies are tried with real ones: install nginx and caddy (Debian: nginx-light, caddy): %v", err)
	}
	cmd := exec.Command(path, args...)
	cmd.Dir, cmd.Env = dir, []string{"HOME=" + dir}
	startCommand(t, cmd)
	eventually(t, func() error {
		conn, err := net.Dial("tcp", at)
		if err == nil {
			err = conn.Close()
		}
		return err
	})
}
