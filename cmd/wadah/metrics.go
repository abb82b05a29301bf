package main

import (
	"context"
	"crypto/subtle"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"wadah/models"
	"wadah/session"
	"wadah/session/webhook"
)

// metricsFlags say where numbers for Prometheus are served.
type metricsFlags struct {
	MetricsListen    string `help:"Address of a listener of its own for Prometheus, /metrics. Without it there is none." placeholder:"HOST:PORT"`
	MetricsTokenFile string `help:"File with a token that Prometheus has to send (Authorization: Bearer); WADAH_METRICS_TOKEN gives the token itself." type:"path" placeholder:"FILE"`
	MetricsPerDevice bool   `help:"Also tell the state of each device, by its ID."`
}

// metrics counts what happens, and tells it with what is. No label holds a number, a name or
// an address.
type metrics struct {
	registry *prometheus.Registry
	flags    metricsFlags
	token    string

	messages   *prometheus.CounterVec
	outcomes   *prometheus.CounterVec
	deliveries *prometheus.CounterVec
	commits    prometheus.Histogram
	storage    prometheus.Counter
}

// newMetrics begins to count; nil where nobody asks. Call it before anything is stored.
func newMetrics(flags metricsFlags, token string, store *models.Store, hooks *webhook.Engine) *metrics {
	if flags.MetricsListen == "" {
		return nil
	}
	m := &metrics{
		registry: prometheus.NewRegistry(), flags: flags, token: token,
		messages:   prometheus.NewCounterVec(prometheus.CounterOpts{Name: "wadah_messages_total", Help: "Messages that were stored, by direction and kind."}, []string{"direction", "kind"}),
		outcomes:   prometheus.NewCounterVec(prometheus.CounterOpts{Name: "wadah_message_status_total", Help: "What became of messages that were sent."}, []string{"status"}),
		deliveries: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "wadah_webhook_attempts_total", Help: "Attempts of webhooks, by what came of them."}, []string{"result"}),
		commits: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "wadah_commit_seconds", Help: "How long storing what arrived took, until it survives a power cut.", Buckets: prometheus.ExponentialBuckets(0.0005, 2, 15),
		}),
		storage: prometheus.NewCounter(prometheus.CounterOpts{Name: "wadah_storage_errors_total", Help: "How often what arrived could not be stored."}),
	}
	m.registry.MustRegister(m.messages, m.outcomes, m.deliveries, m.commits, m.storage,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	for _, result := range []string{"delivered", "failed", "dead", "skipped"} {
		m.deliveries.WithLabelValues(result)
	}
	store.OnAccept(m.accepted)
	hooks.Count(func(outcome string) { m.deliveries.WithLabelValues(outcome).Inc() })
	return m
}

// accepted counts what was stored.
func (m *metrics) accepted(took time.Duration, arrivals []models.Arrival, outcomes []models.Outcome, err error) {
	if err != nil {
		m.storage.Inc()
		return
	}
	m.commits.Observe(took.Seconds())
	for i, a := range arrivals {
		switch {
		case outcomes[i].Repeated || outcomes[i].Answered != nil:
		case a.Message != nil && a.FromMe:
			m.messages.WithLabelValues("out", a.Message.Kind).Inc()
		case a.Message != nil:
			m.messages.WithLabelValues("in", a.Message.Kind).Inc()
		case a.Receipt != nil:
			m.outcomes.WithLabelValues(a.Receipt.Status).Add(float64(len(a.Receipt.WAIDs)))
		}
	}
}

// serve serves the numbers until stop is called.
func (m *metrics) serve(ctx context.Context, store *models.Store, manager *session.Manager, log *slog.Logger) (stop func(), err error) {
	if m == nil {
		return func() {}, nil
	}
	m.registry.MustRegister(&present{store: store, manager: manager, perDevice: m.flags.MetricsPerDevice, log: log})
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", m.flags.MetricsListen)
	if err != nil {
		return nil, usagef("--metrics-listen: %v", err)
	}
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", m.guarded(promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{})))
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second, WriteTimeout: time.Minute, ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelDebug)}
	go func() {
		if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			log.Error("metrics are not served any more", "err", err)
		}
	}()
	log.Info("metrics", "url", "http://"+listener.Addr().String()+"/metrics")
	return func() { _ = server.Close() }, nil
}

// guarded lets in only who knows the token, where there is one.
func (m *metrics) guarded(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		sent, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
		if m.token != "" && subtle.ConstantTimeCompare([]byte(sent), []byte(m.token)) != 1 {
			w.Header().Set("WWW-Authenticate", "Bearer")
			http.Error(w, "Send the token of --metrics-token-file.", http.StatusUnauthorized)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// present are the numbers that say how things are, looked at when somebody asks.
type present struct {
	store     *models.Store
	manager   *session.Manager
	perDevice bool
	log       *slog.Logger
}

var (
	descDevices  = prometheus.NewDesc("wadah_devices", "Devices, by state and reason.", []string{"state", "reason"}, nil)
	descDevice   = prometheus.NewDesc("wadah_device_connected", "Whether a device is connected.", []string{"device"}, nil)
	descQueue    = prometheus.NewDesc("wadah_oldest_queued_seconds", "For how long the oldest message has waited to be sent; 0 when none waits.", nil, nil)
	descWaiting  = prometheus.NewDesc("wadah_webhook_waiting", "Deliveries of webhooks that wait.", nil, nil)
	descDead     = prometheus.NewDesc("wadah_webhook_dead", "Deliveries of webhooks that were given up.", nil, nil)
	descDelivery = prometheus.NewDesc("wadah_webhook_oldest_seconds", "For how long the oldest delivery has waited; 0 when none waits.", nil, nil)
)

// Describe implements prometheus.Collector.
func (p *present) Describe(c chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{descDevices, descDevice, descQueue, descWaiting, descDead, descDelivery} {
		c <- d
	}
}

// Collect implements prometheus.Collector. What cannot be read is left out: an alert on its
// absence is better than a number that is wrong.
func (p *present) Collect(c chan<- prometheus.Metric) {
	gauge := func(d *prometheus.Desc, v float64, labels ...string) {
		c <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
	}
	type standing struct{ state, reason string }
	count := map[standing]int{}
	for _, s := range p.manager.Snapshots() {
		count[standing{string(s.State), string(s.Reason)}]++
		if p.perDevice {
			connected := 0.0
			if s.State == session.StateConnected {
				connected = 1
			}
			gauge(descDevice, connected, s.ID)
		}
	}
	for s, n := range count {
		gauge(descDevices, float64(n), s.state, s.reason)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	age := func(at time.Time) float64 {
		if at.IsZero() {
			return 0
		}
		return max(time.Since(at).Seconds(), 0)
	}
	oldest, err := p.store.OldestSend(ctx)
	if err == nil {
		gauge(descQueue, age(oldest))
	}
	backlogs, err2 := p.store.Backlogs(ctx)
	if err := errors.Join(err, err2); err != nil {
		p.log.Warn("some metrics cannot be told", "err", err)
	}
	if err2 != nil {
		return
	}
	var waiting, dead int64
	var first time.Time
	for _, b := range backlogs {
		waiting, dead = waiting+b.Waiting, dead+b.Dead
		if !b.Oldest.IsZero() && (first.IsZero() || b.Oldest.Before(first)) {
			first = b.Oldest
		}
	}
	gauge(descWaiting, float64(waiting))
	gauge(descDead, float64(dead))
	gauge(descDelivery, age(first))
}
