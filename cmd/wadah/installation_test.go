package main

import (
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// Ensure that no command beside a server makes an installation of its own where there is
// none, and that it names the flag and the folder that was meant.
func TestNoInstallationHere(t *testing.T) {
	around := t.TempDir()
	missing, empty, keyOnly := filepath.Join(around, "missing"), filepath.Join(around, "empty"), filepath.Join(around, "key")
	for _, dir := range []string{empty, keyOnly} {
		if err := os.Mkdir(dir, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(keyOnly, "server.key"), []byte(strings.Repeat("5a", 32)), 0o600); err != nil {
		t.Fatal(err)
	}
	commands := [][]string{
		{"device", "add", "Kasir"},
		{"device", "list"},
		{"device", "list", "--json"},
		{"device", "key", "Kasir"},
		{"user", "add", "ani"},
		{"user", "passwd", "ani"},
		{"backup", filepath.Join(around, "copy.tar.gz")},
	}
	refused := func(dir string, says ...string) {
		t.Helper()
		for _, args := range commands {
			got := command(t, nil, goodPassword, append(args, "--data", dir)...)
			for _, want := range append(says, "no Wadah installation in "+dir, "--data") {
				if got.code != exitFailure || got.out != "" || !strings.Contains(got.errout, want) {
					t.Errorf("wadah %v: code %d, want %q in:\n%s%s", args, got.code, want, got.out, got.errout)
				}
			}
		}
	}
	for _, dir := range []string{missing, empty, keyOnly} {
		refused(dir, "wadah serve")
	}
	if _, err := os.Stat(missing); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a folder was made: %v", err)
	}
	if made, err := os.ReadDir(empty); err != nil || len(made) > 0 {
		t.Errorf("in the empty folder are %v, %v", made, err)
	}

	meant := filepath.Join(around, "data sandbox")
	data := install(t, meant, nil)
	refused(missing, "such as --data '"+meant+"'")
	refused(filepath.Join(meant, "data"), "such as --data '"+meant+"'") // run inside of the folder
	if got := command(t, nil, "", "device", "list", data); got.code != exitOK {
		t.Errorf("where there is one: %+v", got)
	}
}

// Ensure that the line which the sandbox prints for a second terminal works there as it
// is, whatever folder that terminal is in.
func TestSecondTerminal(t *testing.T) {
	data := filepath.Join(t.TempDir(), "it's here & there")
	p := start(t, "sandbox", "--listen", "127.0.0.1:0", "--sandbox-listen", "127.0.0.1:0", "--data", data)
	line := p.printed(`(?m)^In a second terminal, such as: (.+)$`)[1]
	p.printed(`/setup\?token=`)
	second := exec.CommandContext(t.Context(), "sh", "-c", strings.Replace(line, "device list", "device add 'Kasir 1'", 1)+" && "+line)
	second.Dir = t.TempDir()
	out, err := second.CombinedOutput()
	if err != nil || !strings.Contains(string(out), "API key") || !strings.Contains(string(out), "LINKED TO") {
		t.Errorf("%s: %v\n%s", line, err, out)
	}
	p.stop()
}

// Ensure that the first build, which takes minutes, says so and what it does, and that
// the way to start without building is told.
func TestMakeSandboxSaysWhatItDoes(t *testing.T) {
	root := t.TempDir() // where nothing was built yet
	makefile, err := filepath.Abs("../../Makefile")
	if err != nil {
		t.Fatal(err)
	}
	dry := exec.CommandContext(t.Context(), "make", "-n", "-f", makefile, "sandbox")
	dry.Dir = root
	first, err := dry.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, first)
	}
	for _, want := range []string{"which takes minutes", "go build", " -v -o bin/wadah", "without building: ./bin/wadah sandbox --data ./data-sandbox"} {
		if !strings.Contains(string(first), want) {
			t.Errorf("make sandbox lacks %q:\n%s", want, first)
		}
	}
	readme, err := os.ReadFile("../../README.md")
	if err != nil || strings.Count(string(readme), "./bin/wadah sandbox --data ./data-sandbox") < 2 {
		t.Errorf("README does not say it in both languages: %v", err)
	}
}
