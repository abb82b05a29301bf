package main

import (
	"net/netip"
	"os"
	"regexp"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// The container file, the README and the flag agree about the address that a proxy on the
// host comes from.
func TestComposeTrustsTheBridge(t *testing.T) {
	text, err := os.ReadFile("../../compose.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Services map[string]struct {
			Environment map[string]string
			Networks    []string
			Ports       []string
		}
		Networks map[string]struct {
			IPAM struct {
				Config []struct{ Subnet, Gateway string }
			}
		}
	}
	if err := yaml.Unmarshal(text, &file); err != nil {
		t.Fatal(err)
	}
	service, networks := file.Services["wadah"], file.Networks["default"].IPAM.Config
	if len(networks) != 1 || len(service.Networks) != 0 {
		t.Fatalf("the container is in %v, and the default network has %v", service.Networks, networks)
	}
	m := regexp.MustCompile(`^\$\{WADAH_TRUSTED_PROXIES-(.+)\}$`).FindStringSubmatch(service.Environment["WADAH_TRUSTED_PROXIES"])
	if m == nil || m[1] != networks[0].Gateway {
		t.Fatalf("trusted are %q, the gateway is %s", m, networks[0].Gateway)
	}
	trusted, err := httpFlags{TrustedProxies: []string{m[1]}}.proxies()
	if err != nil || !netip.MustParsePrefix(networks[0].Subnet).Contains(trusted[0].Addr()) || !trusted[0].IsSingleIP() {
		t.Errorf("the gateway %v is not one of %s: %v", trusted, networks[0].Subnet, err)
	}
	for _, port := range service.Ports {
		if !strings.HasPrefix(port, "127.0.0.1:") {
			t.Errorf("with the port %s open to others, they would come from the trusted gateway", port)
		}
	}
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(readme), "`"+m[1]+"`") {
		t.Errorf("the README does not name %s", m[1])
	}
}
