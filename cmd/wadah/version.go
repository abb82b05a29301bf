package main

import (
	"fmt"
	"regexp"
	"runtime"
	"runtime/debug"
	"time"

	"wadah/session/whatsapp"
)

// version is the version of Wadah. The build sets it with
// -ldflags "-X main.version=…"; otherwise it is what the toolchain recorded.
var version = ""

type versionCmd struct {
	JSON bool `help:"Print JSON." name:"json"`
}

// versions is everything that says which Wadah this is.
type versions struct {
	Wadah       string `json:"wadah"`
	Whatsmeow   string `json:"whatsmeow"`   // date of the library's commit, YYYY-MM-DD
	WhatsAppWeb string `json:"whatsappWeb"` // version the library was built with
	Go          string `json:"go"`
	Platform    string `json:"platform"`
}

// Run prints the versions.
func (c *versionCmd) Run(p *program) error {
	v := currentVersions()
	if c.JSON {
		return writeJSON(p.stdout, v)
	}
	_, err := fmt.Fprintf(p.stdout, "Wadah         %s\nwhatsmeow     %s\nWhatsApp Web  %s\n%s, %s\n",
		v.Wadah, v.Whatsmeow, v.WhatsAppWeb, v.Go, v.Platform)
	return err
}

func currentVersions() versions {
	web := whatsapp.BuiltinVersion()
	v := versions{
		Wadah: version, Whatsmeow: "unknown",
		WhatsAppWeb: fmt.Sprintf("%d.%d.%d", web[0], web[1], web[2]),
		Go:          runtime.Version(), Platform: runtime.GOOS + "/" + runtime.GOARCH,
	}
	info, ok := debug.ReadBuildInfo()
	if ok {
		if v.Wadah == "" {
			v.Wadah = info.Main.Version
		}
		for _, dep := range info.Deps {
			if dep.Path == "go.mau.fi/whatsmeow" {
				v.Whatsmeow = pseudoVersionDate(dep.Version)
			}
		}
	}
	if v.Wadah == "" {
		v.Wadah = "(devel)"
	}
	return v
}

// pseudoVersion matches v0.0.0-20260821141805-33cfac511629: the library has no
// releases, its commits' dates are its versions.
var pseudoVersion = regexp.MustCompile(`[-.](\d{14})-[0-9a-f]{12}$`)

// pseudoVersionDate is the day of a Go pseudo-version, or the version itself.
func pseudoVersionDate(v string) string {
	m := pseudoVersion.FindStringSubmatch(v)
	if m == nil {
		return v
	}
	t, err := time.Parse("20060102150405", m[1])
	if err != nil {
		return v
	}
	return t.Format(time.DateOnly)
}
