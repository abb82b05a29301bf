package static

import (
	"embed"
	"encoding/json"
	"fmt"
	"io/fs"
	"path"
	"strings"
	"sync"
)

//go:embed licences
var licenceFiles embed.FS

// Licence says under which terms a part of the program is. "make licences" writes the
// list and the texts, and a test of cmd/wadah holds them against what is linked.
type Licence struct {
	// Name is a Go module's path, "go" for Go itself, or a vendored package's npm name.
	Name string `json:"name"`
	// Version is known here of vendored packages alone; the build knows the others.
	Version string `json:"version,omitempty"`
	// Terms are SPDX names, such as "MIT", joined by " and " where several apply.
	Terms string `json:"terms"`
	// Text is what LicenceText takes. Parts with the same text share it.
	Text string `json:"text"`
}

// Licences lists what the program consists of beside its own source, by name.
func Licences() []Licence { return licences() }

// licences is read once; the file is part of the program and checked by the tests.
var licences = sync.OnceValue(func() []Licence {
	var list []Licence
	data, err := licenceFiles.ReadFile("licences/index.json")
	if err != nil || json.Unmarshal(data, &list) != nil {
		return nil
	}
	return list
})

// LicenceText is the whole text of a licence with all notices. The error is
// fs.ErrNotExist for a name that Licences does not tell.
func LicenceText(name string) (string, error) {
	if path.Base(name) != name || !strings.HasSuffix(name, ".txt") {
		return "", fmt.Errorf("licence %q: %w", name, fs.ErrNotExist)
	}
	data, err := licenceFiles.ReadFile("licences/" + name)
	return string(data), err
}
