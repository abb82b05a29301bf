package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"flag"
	"io"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"wadah/static"
)

var writeLicences = flag.Bool("licences", false, "write static/licences anew from what is linked and vendored")

// licenceFolder is where the list and the texts are, from this package.
const licenceFolder = "../../static/licences"

// TestLicences holds the licences that the program shows against those of everything
// that is linked into it on any system, of Go, and of the vendored scripts and styles.
func TestLicences(t *testing.T) {
	want, texts := collectLicences(t)
	if *writeLicences {
		storeLicences(t, want, texts)
		return
	}
	for _, l := range want {
		if l.Terms == "" {
			t.Errorf("%s: its terms are not recognised; see termsOf", l.Name)
		}
		if !slices.Contains(static.Licences(), l) {
			t.Errorf("%+v is not in the list: run make licences", l)
			continue
		}
		if got, err := static.LicenceText(l.Text); err != nil || got != texts[l.Text] {
			t.Errorf("%s: the text differs (%v): run make licences", l.Name, err)
		}
	}
	if got := len(static.Licences()); got != len(want) {
		t.Errorf("%d parts are listed, %d are in the program: run make licences", got, len(want))
	}
	if _, err := static.LicenceText("../index.json"); err == nil {
		t.Error("a text outside the folder")
	}
}

// collectLicences is the list by name, and the texts by their names.
func collectLicences(t *testing.T) ([]static.Licence, map[string]string) {
	t.Helper()
	list, texts := []static.Licence{}, map[string]string{}
	add := func(l static.Licence, files map[string]string) {
		t.Helper()
		if len(files) == 0 {
			t.Fatalf("%s has no licence", l.Name)
		}
		text := joined(files)
		sum := sha256.Sum256([]byte(text))
		l.Terms = termsOf(files)
		l.Text = hex.EncodeToString(sum[:6]) + ".txt"
		texts[l.Text] = text
		list = append(list, l)
	}
	add(static.Licence{Name: "go"}, licencesIn(t, strings.TrimSpace(goTool(t, nil, "env", "GOROOT"))))
	for module, folders := range linkedModules(t) {
		files := map[string]string{}
		for _, folder := range folders {
			maps.Copy(files, licencesIn(t, folder))
		}
		add(static.Licence{Name: module}, files)
	}
	for name, v := range vendored(t) {
		add(static.Licence{Name: name, Version: v.version}, licencesIn(t, v.folder))
	}
	slices.SortFunc(list, func(a, b static.Licence) int { return strings.Compare(a.Name, b.Name) })
	return list, texts
}

// linkedModules is every module of which a package is linked, on any system we build for,
// with the folders of these packages up to the module's own.
func linkedModules(t *testing.T) map[string][]string {
	t.Helper()
	modules := map[string][]string{}
	for _, system := range []string{"linux", "windows", "darwin"} {
		out := goTool(t, []string{"GOOS=" + system, "CGO_ENABLED=0"}, "list", "-deps", "-json=Dir,Module", ".")
		in := json.NewDecoder(strings.NewReader(out))
		for {
			var p struct {
				Dir    string
				Module *struct {
					Path, Dir string
					Main      bool
				}
			}
			if err := in.Decode(&p); err == io.EOF {
				break
			} else if err != nil {
				t.Fatal(err)
			}
			if p.Module == nil || p.Module.Main {
				continue
			}
			folder := p.Dir
			for {
				if !slices.Contains(modules[p.Module.Path], folder) {
					modules[p.Module.Path] = append(modules[p.Module.Path], folder)
				}
				if folder == p.Module.Dir {
					break
				}
				folder = filepath.Dir(folder)
			}
		}
	}
	return modules
}

func goTool(t *testing.T, env []string, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", args...)
	cmd.Env = append(os.Environ(), env...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go %s: %v\n%s", strings.Join(args, " "), err, stderr.String())
	}
	return string(out)
}

type vendoredPackage struct{ version, folder string }

// vendored are the packages in the table of static/vendor/VENDORED.md.
func vendored(t *testing.T) map[string]vendoredPackage {
	t.Helper()
	table, err := os.ReadFile("../../static/vendor/VENDORED.md")
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]vendoredPackage{}
	row := regexp.MustCompile("(?m)^\\| `([a-z]+)/[^`]+` \\| `([^`]+)` [^|]*\\| ([0-9.]+) \\|")
	for _, m := range row.FindAllStringSubmatch(string(table), -1) {
		all[m[2]] = vendoredPackage{m[3], "../../static/vendor/" + m[1]}
	}
	if len(all) < 2 {
		t.Fatalf("found only %d vendored packages", len(all))
	}
	return all
}

// legal are the names of files whose text must go along with a program.
var legal = regexp.MustCompile(`(?i)(licen[cs]e|copying|notice|patents|copyright)`)

// licencesIn is the text of these files of a folder, by file name.
func licencesIn(t *testing.T, folder string) map[string]string {
	t.Helper()
	entries, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{}
	for _, e := range entries {
		name := e.Name()
		if e.IsDir() || !legal.MatchString(name) || strings.HasSuffix(name, ".go") {
			continue
		}
		data, err := os.ReadFile(filepath.Join(folder, name))
		if err != nil {
			t.Fatal(err)
		}
		text := strings.ReplaceAll(strings.TrimSpace(string(data)), "\r\n", "\n") + "\n"
		files[name+" "+filepath.Base(folder)] = text // two folders may have files of one name
	}
	return files
}

// joined is all texts one after the other, each once.
func joined(files map[string]string) string {
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(files)) {
		if !slices.Contains(parts, files[name]) {
			parts = append(parts, files[name])
		}
	}
	return strings.Join(parts, "\n"+strings.Repeat("-", 72)+"\n\n")
}

// terms tell licences by a sentence that only they have.
var terms = []struct{ name, sentence string }{
	{"GPL-3.0", "GNU GENERAL PUBLIC LICENSE Version 3"},
	{"MPL-2.0", "Mozilla Public License Version 2.0"},
	{"Apache-2.0", "Apache License Version 2.0"},
	{"MIT", "Permission is hereby granted, free of charge, to any person obtaining a copy"},
	{"ISC", "Permission to use, copy, modify, and distribute this software for any purpose with or without fee is hereby granted, provided that the above copyright notice"},
	{"0BSD", "Permission to use, copy, modify, and/or distribute this software for any purpose with or without fee is hereby granted."},
	{"BSD-3-Clause", "may be used to endorse or promote products derived from this software"},
	{"BSD-2-Clause", "Redistributions in binary form must reproduce the above copyright notice, this list of conditions and the following disclaimer in the documentation and/or other materials provided with the distribution. THIS SOFTWARE"},
	{"Public domain", "has been dedicated to the public domain by the authors"},
}

// termsOf names what the texts are.
func termsOf(files map[string]string) string {
	all := strings.Join(strings.Fields(joined(files)), " ")
	var found []string
	for _, term := range terms {
		if strings.Contains(all, term.sentence) {
			found = append(found, term.name)
		}
	}
	return strings.Join(found, " and ")
}

func storeLicences(t *testing.T, list []static.Licence, texts map[string]string) {
	t.Helper()
	if err := os.RemoveAll(licenceFolder); err != nil {
		t.Fatal(err)
	}
	index, err := json.MarshalIndent(list, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	write := func(name string, data []byte) {
		if err := os.WriteFile(filepath.Join(licenceFolder, name), data, fs.FileMode(0o644)); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.MkdirAll(licenceFolder, 0o755); err != nil {
		t.Fatal(err)
	}
	write("index.json", append(index, '\n'))
	for name, text := range texts {
		write(name, []byte(text))
	}
}
