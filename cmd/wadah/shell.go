package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
)

// plainWord is what every shell takes as it is.
var plainWord = regexp.MustCompile(`^[A-Za-z0-9_./:\\@%+=,-]+$`)

// shellWord quotes text so that a shell takes it for one word.
func shellWord(text string) string {
	switch {
	case runtime.GOOS == "windows" && (strings.ContainsAny(text, " &()^,;=") || text == ""):
		return `"` + text + `"`
	case runtime.GOOS == "windows" || plainWord.MatchString(text) && !strings.Contains(text, `\`):
		return text
	}
	return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
}

// thisProgram is how a second terminal, in whatever folder, calls this program.
func thisProgram() string {
	path, err := os.Executable()
	if err != nil {
		return "wadah"
	}
	if found, err := exec.LookPath("wadah"); err == nil && filepath.IsAbs(found) && sameFile(found, path) {
		return "wadah"
	}
	return shellWord(path)
}

func sameFile(a, b string) bool {
	one, err := os.Stat(a)
	if err != nil {
		return false
	}
	other, err := os.Stat(b)
	return err == nil && os.SameFile(one, other)
}
