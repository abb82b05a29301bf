package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"wadah/handlers/panel/about"
	"wadah/models"
	"wadah/session"
	"wadah/session/whatsapp"
	"wadah/static"
)

// version is the version of Wadah. The build sets it with
// -ldflags "-X main.version=…"; otherwise it is what the toolchain recorded.
var version = ""

type versionCmd struct {
	dataFlags `embed:""`
	JSON      bool `help:"Print JSON." name:"json"`
	Licences  bool `help:"Print the licences of everything this program contains."`
}

// versions is everything that says which Wadah this is.
type versions struct {
	Wadah       string `json:"wadah"`
	Whatsmeow   string `json:"whatsmeow"`   // date of the library's commit, YYYY-MM-DD
	WhatsAppWeb string `json:"whatsappWeb"` // version that connections present
	Go          string `json:"go"`
	Platform    string `json:"platform"`

	modules map[string]string // version of each linked module, by path
}

// build is what the panel's page about the program needs.
func (v versions) build() about.Build { return about.Build{Go: v.Go, Modules: v.modules} }

// Run prints the versions. The one of WhatsApp Web is what a server on the data folder
// has learnt from WhatsApp; without such a folder, what the library was built with.
func (c *versionCmd) Run(ctx context.Context, p *program, log *slog.Logger) error {
	if c.Licences {
		return printLicences(p.stdout)
	}
	v := currentVersions()
	if learnt, err := c.learntVersion(ctx, p, log); err != nil {
		log.Warn("the version that a server here has learnt cannot be read; this is the library's own", "err", err)
	} else if learnt != "" {
		v.WhatsAppWeb = learnt
	}
	if c.JSON {
		return writeJSON(p.stdout, v)
	}
	_, err := fmt.Fprintf(p.stdout, "Wadah         %s\nwhatsmeow     %s\nWhatsApp Web  %s\n%s, %s\n",
		v.Wadah, v.Whatsmeow, v.WhatsAppWeb, v.Go, v.Platform)
	return err
}

// learntVersion is the version that the data folder remembers, "" when there is no
// folder, or nothing newer than the library in it.
func (c *versionCmd) learntVersion(ctx context.Context, p *program, log *slog.Logger) (learnt string, err error) {
	url, err := c.url()
	if err != nil {
		return "", err
	}
	if _, err := os.Stat(filepath.Join(c.Data, models.DatabaseFile)); err != nil && url == "" {
		return "", nil // there is no data to ask
	}
	store, err := c.open(ctx, p, log, true)
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	v, err := session.StoredVersion(ctx, store)
	if err != nil {
		return "", err
	}
	if builtin := whatsapp.BuiltinVersion(); slices.Compare(v[:], builtin[:]) <= 0 {
		return "", nil
	}
	return v.String(), nil
}

func currentVersions() versions {
	v := versions{
		Wadah: version, Whatsmeow: "unknown",
		WhatsAppWeb: whatsapp.BuiltinVersion().String(),
		Go:          runtime.Version(), Platform: runtime.GOOS + "/" + runtime.GOARCH,
		modules: make(map[string]string),
	}
	info, ok := debug.ReadBuildInfo()
	if ok {
		if v.Wadah == "" {
			v.Wadah = info.Main.Version
		}
		for _, dep := range info.Deps {
			v.modules[dep.Path] = dep.Version
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

// printLicences writes every licence with the parts it belongs to.
func printLicences(w io.Writer) error {
	parts := map[string][]string{}
	var texts []string
	for _, l := range static.Licences() {
		if parts[l.Text] == nil {
			texts = append(texts, l.Text)
		}
		parts[l.Text] = append(parts[l.Text], l.Name)
	}
	for _, name := range texts {
		text, err := static.LicenceText(name)
		if err != nil {
			return err
		}
		line := strings.Repeat("=", 72)
		if _, err := fmt.Fprintf(w, "%s\n%s\n%s\n\n%s\n", line, strings.Join(parts[name], "\n"), line, text); err != nil {
			return err
		}
	}
	return nil
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
