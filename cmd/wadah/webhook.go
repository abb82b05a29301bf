package main

import (
	"context"
	"crypto/x509"
	"net/netip"
	"os"
	"strings"
	"sync"

	"wadah/session/webhook"
)

// webhookFlags say where events may be sent.
type webhookFlags struct {
	WebhookAllow []string `help:"Addresses or networks of your own that webhooks may be sent to, such as 127.0.0.1,10.0.0.0/8. Without it only public addresses." placeholder:"ADDRESS"`
	WebhookCA    string   `help:"File (PEM) of certificate authorities of your own that receivers of webhooks may have their certificates from." name:"webhook-ca" placeholder:"FILE"`
}

// guard is what these flags allow, or a sentence about the one that is wrong.
func (f webhookFlags) guard() (g webhook.Guard, err error) {
	for _, text := range f.WebhookAllow {
		text = strings.TrimSpace(text)
		network, err := netip.ParsePrefix(text)
		if address, single := netip.ParseAddr(text); single == nil {
			network, err = netip.PrefixFrom(address, address.BitLen()), nil
		}
		if err != nil {
			return g, usagef("--webhook-allow: %q is no address or network, such as 127.0.0.1 or 10.0.0.0/8", text)
		}
		g.Allow = append(g.Allow, network.Masked())
	}
	if f.WebhookCA == "" {
		return g, nil
	}
	pem, err := os.ReadFile(f.WebhookCA)
	if err != nil {
		return g, usagef("--webhook-ca: %v", err)
	}
	if g.Roots, err = x509.SystemCertPool(); err != nil {
		g.Roots = x509.NewCertPool()
	}
	if !g.Roots.AppendCertsFromPEM(pem) {
		return g, usagef("--webhook-ca: %s holds no certificate (PEM)", f.WebhookCA)
	}
	return g, nil
}

// deliver sends events to webhooks until stop is called.
func deliver(ctx context.Context, engine *webhook.Engine) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	var running sync.WaitGroup
	running.Go(func() { engine.Run(ctx) })
	return func() {
		cancel()
		running.Wait()
	}
}
