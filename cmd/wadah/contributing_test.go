package main

import (
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// roomsOfMap are the folders that the map of CONTRIBUTING.md names.
func roomsOfMap(t *testing.T, text string) []string {
	t.Helper()
	_, text, _ = strings.Cut(text, "## The map\n\n```\n")
	text, _, found := strings.Cut(text, "```")
	if !found {
		t.Fatal("there is no map")
	}
	var rooms []string
	top := ""
	for line := range strings.SplitSeq(strings.TrimSpace(text), "\n") {
		names, _, _ := strings.Cut(strings.TrimLeft(line, "├└─ "), "  ")
		if names[0] != line[0] { // within the one above
			first, _, _ := strings.Cut(names, ", ")
			for name := range strings.SplitSeq(names, ", ") {
				if name != first {
					name = path.Join(path.Dir(first), name)
				}
				rooms = append(rooms, path.Join(top, name))
			}
			continue
		}
		top = names
		rooms = append(rooms, top)
	}
	return rooms
}

// The map of CONTRIBUTING.md has every room there is and no other, and the files that its
// walks and recipes name exist.
func TestMap(t *testing.T) {
	raw, err := os.ReadFile("../../CONTRIBUTING.md")
	if err != nil {
		t.Fatal(err)
	}
	text := string(raw)
	var rooms, files []string
	err = filepath.WalkDir("../..", func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel := filepath.ToSlash(strings.TrimPrefix(name, "../../"))
		if entry.IsDir() {
			if strings.HasPrefix(entry.Name(), ".") && rel != "../.." {
				return fs.SkipDir
			}
			return nil
		}
		files = append(files, "/"+rel)
		if room := path.Dir(rel); strings.HasSuffix(rel, ".go") && !slices.Contains(rooms, room) {
			rooms = append(rooms, room)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	drawn := roomsOfMap(t, text)
	for _, room := range rooms {
		if !slices.Contains(drawn, room) {
			t.Errorf("the map lacks %s", room)
		}
	}
	for _, room := range drawn {
		if !slices.Contains(rooms, room) {
			t.Errorf("the map has %s, which does not exist", room)
		}
	}
	text, _, _ = strings.Cut(text, "## Why these libraries")
	named := regexp.MustCompile(`[a-z_]+(?:/[a-z_]+)*\.(?:go|templ|yaml)\b`).FindAllString(text, -1)
	if len(named) < 30 {
		t.Errorf("only %d files are named; the search for them is broken", len(named))
	}
	for _, name := range named {
		if !slices.ContainsFunc(files, func(file string) bool { return strings.HasSuffix(file, "/"+name) }) {
			t.Errorf("%s is named and does not exist", name)
		}
	}
}
