package main

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"

	"wadah/handlers/web"
	"wadah/models/files"
	"wadah/session/sandbox"
	"wadah/session/sandbox/control"
)

type sandboxCmd struct {
	httpFlags     `embed:""`
	lifeFlags     `embed:""`
	webhookFlags  `embed:""`
	metricsFlags  `embed:""`
	Data          string `help:"Folder that keeps the database and the virtual phones. Without it everything is thrown away at the end." type:"path" placeholder:"DIR"`
	ServerKeyFile string `help:"File with the server key; see serve." type:"path" placeholder:"FILE"`
	SandboxListen string `help:"Loopback address of the simulated WhatsApp and its control API." default:"127.0.0.1:8081" placeholder:"HOST:PORT"`
	Seed          string `help:"Text the keys of the simulated WhatsApp are made from: the same seed gives the same root key." default:"wadah"`
	ServiceOnly   bool   `help:"Run just the simulated WhatsApp, for other processes to use."`
	JSON          bool   `help:"With --service-only: print its addresses and its root key as one line of JSON." name:"json"`
}

// sandboxState is the file in the data folder that keeps the virtual phones.
const sandboxState = "sandbox.json"

// Run serves until ctx ends.
func (c *sandboxCmd) Run(ctx context.Context, p *program, log *slog.Logger) (err error) {
	data := dataFlags{Data: c.Data, ServerKeyFile: c.ServerKeyFile}
	if data.Data == "" && !c.ServiceOnly {
		var remove func() error
		if data.Data, remove, err = files.WorkFolder(os.TempDir(), "wadah-sandbox-"); err != nil {
			return fmt.Errorf("make a throw-away data folder: %w", err)
		}
		defer func() { err = errors.Join(err, remove()) }()
	}
	service, err := c.start(data.Data, log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, service.Close()) }()
	if c.ServiceOnly {
		if err := c.announce(p, service); err != nil {
			return err
		}
		<-ctx.Done()
		return nil
	}
	hooks := c.webhookFlags
	hooks.WebhookAllow = append(hooks.WebhookAllow, "127.0.0.0/8", "::1") // programs that try things stand here
	return server{
		program: p, log: log, data: data, web: c.httpFlags, life: c.lifeFlags, hooks: hooks, metrics: c.metricsFlags,
		whatsapp: endpoint{url: service.URL(), rootKey: service.RootKey()},
		phones:   service,
		control:  controlURL(service),
	}.run(ctx)
}

// start runs the simulated WhatsApp with a few phones to try it with. With a
// folder, phones and links survive a restart.
func (c *sandboxCmd) start(folder string, log *slog.Logger) (*sandbox.Service, error) {
	config := sandbox.Config{
		Listen: c.SandboxListen, Seed: c.Seed, Log: log,
		Control: func(s *sandbox.Service) http.Handler { return control.Handler(s, web.FromThisMachine, log) },
	}
	if folder != "" {
		if err := makeFolder(folder); err != nil {
			return nil, err
		}
		config.StateFile = filepath.Join(folder, sandboxState)
	}
	service, err := sandbox.New(config)
	if err != nil {
		return nil, fmt.Errorf("set up the simulated WhatsApp: %w", err)
	}
	if err := service.Start(); err != nil {
		return nil, fmt.Errorf("start the simulated WhatsApp (--sandbox-listen chooses another address): %w", err)
	}
	if len(service.Phones()) > 0 {
		return service, nil
	}
	for _, phone := range firstPhones() {
		if _, err := service.AddPhone(phone.number, phone.name); err != nil {
			return nil, errors.Join(fmt.Errorf("add the first virtual phones: %w", err), service.Close())
		}
	}
	return service, nil
}

type virtualPhone struct{ number, name string }

// firstPhones are the phones a new sandbox has. Numbers with this many zeros are
// given to nobody.
func firstPhones() []virtualPhone {
	return []virtualPhone{
		{"6281100000001", "Budi"},
		{"6281100000002", "Sari"},
		{"6281100000003", "Toko Wadah"},
	}
}

// serviceOut is what --service-only prints.
type serviceOut struct {
	URL     string `json:"url"`
	RootKey string `json:"rootKey"`
	Control string `json:"control"`
}

func (c *sandboxCmd) announce(p *program, service *sandbox.Service) error {
	key := service.RootKey()
	out := serviceOut{URL: service.URL(), RootKey: hex.EncodeToString(key[:]), Control: controlURL(service)}
	if c.JSON {
		return writeJSONLine(p.stdout, out)
	}
	_, err := fmt.Fprintf(p.stdout, "Simulated WhatsApp: %s\nRoot key: %s\nControl API: %s\n\nUse it from another process:\n  wadah serve --whatsapp-url %s --whatsapp-root-key %s\n",
		out.URL, out.RootKey, out.Control, out.URL, out.RootKey)
	return err
}

// controlURL is where the control API of a service answers.
func controlURL(service *sandbox.Service) string {
	host := strings.TrimPrefix(service.URL(), "ws://")
	host, _, _ = strings.Cut(host, "/")
	return "http://" + host + "/control/"
}
