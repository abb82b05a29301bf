package main

import (
	"encoding/json"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"wadah/models"
	"wadah/session/webhook"
)

var (
	metricName    = regexp.MustCompile(`\b(?:wadah|process|go)_[a-z_]+\b`)
	groupedBy     = regexp.MustCompile(`\bby \(([a-z, ]+)\)`)
	describedName = regexp.MustCompile(`fqName: "([a-z_]+)"`)
	describedWith = regexp.MustCompile(`variableLabels: \{([a-z,]*)\}`)
)

// TestDashboard has the dashboard for Grafana ask for metrics that there are, with labels that
// they have, and for each of Wadah's own.
func TestDashboard(t *testing.T) {
	store, err := models.Open(t.Context(), models.Options{Path: filepath.Join(t.TempDir(), models.DatabaseFile), Key: make([]byte, 32)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	m := newMetrics(metricsFlags{MetricsListen: "127.0.0.1:0"}, "", store, webhook.New(store, webhook.Guard{}, slog.New(slog.DiscardHandler)))
	m.registry.MustRegister(&present{})
	described := make(chan *prometheus.Desc)
	go func() { m.registry.Describe(described); close(described) }()
	labels := map[string][]string{}
	for d := range described {
		text := d.String()
		name := describedName.FindStringSubmatch(text)
		if name == nil {
			t.Fatal(text)
		}
		labels[name[1]] = []string{"instance", "le"}
		if with := describedWith.FindStringSubmatch(text); with != nil {
			labels[name[1]] = append(labels[name[1]], strings.Split(with[1], ",")...)
		}
	}

	text, err := os.ReadFile("../../grafana.json")
	if err != nil {
		t.Fatal(err)
	}
	var dashboard struct {
		Panels []struct {
			Title   string
			Targets []struct{ Expr string }
		}
	}
	if err := json.Unmarshal(text, &dashboard); err != nil {
		t.Fatal(err)
	}
	shown := map[string]bool{}
	for _, panel := range dashboard.Panels {
		if len(panel.Targets) == 0 {
			t.Errorf("%s shows nothing", panel.Title)
		}
		for _, target := range panel.Targets {
			names := metricName.FindAllString(target.Expr, -1)
			if len(names) == 0 {
				t.Errorf("%s asks for nothing: %s", panel.Title, target.Expr)
			}
			for _, name := range names {
				name = strings.TrimSuffix(name, "_bucket")
				shown[name] = true
				of, found := labels[name]
				if !found {
					t.Errorf("%s: there is no %s", panel.Title, name)
				}
				for _, by := range groupedBy.FindAllStringSubmatch(target.Expr, -1) {
					for _, label := range strings.Split(by[1], ", ") {
						if !slices.Contains(of, label) {
							t.Errorf("%s: %s has no label %s", panel.Title, name, label)
						}
					}
				}
			}
		}
	}
	for name := range labels {
		if strings.HasPrefix(name, "wadah_") && !shown[name] {
			t.Errorf("no panel shows %s", name)
		}
	}
}
