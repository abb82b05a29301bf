package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
)

// plainActor is the baseline of everything about HTTP: handlers of net/http that
// write given bytes, without a router, keys or limits.
type plainActor struct {
	server *http.Server
	ended  chan error

	mu      sync.Mutex
	streams map[chan []byte]bool
}

func (p *plainActor) obey(ctx context.Context, o order) (answer, error) {
	switch o.Do {
	case "start":
		return p.start(ctx, o.Body)
	case "publish":
		p.publish(o.Body)
		return answer{}, nil
	}
	return answer{}, fmt.Errorf("unknown order %q", o.Do)
}

func (p *plainActor) start(ctx context.Context, body []byte) (answer, error) {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return answer{}, err
	}
	p.streams = make(map[chan []byte]bool)
	mux := http.NewServeMux()
	mux.HandleFunc("/events", p.stream)
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) {
		w.Header()["Content-Type"] = []string{"application/json"}
		_, _ = w.Write(body) // the load generator counts what arrives
	})
	p.server, p.ended = &http.Server{Handler: mux}, make(chan error, 1)
	go func() { p.ended <- p.server.Serve(listener) }()
	return answer{URL: "http://" + listener.Addr().String()}, nil
}

// stream sends what is published, to everybody.
func (p *plainActor) stream(w http.ResponseWriter, r *http.Request) {
	mine := make(chan []byte, 16)
	p.mu.Lock()
	p.streams[mine] = true
	p.mu.Unlock()
	defer func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		delete(p.streams, mine)
	}()
	w.Header().Set("Content-Type", "text/event-stream")
	flusher := http.NewResponseController(w)
	if flusher.Flush() != nil {
		return
	}
	for {
		select {
		case frame := <-mine:
			if _, err := w.Write(frame); err != nil || flusher.Flush() != nil {
				return
			}
		case <-r.Context().Done():
			return
		}
	}
}

func (p *plainActor) publish(frame []byte) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for c := range p.streams {
		c <- frame
	}
}

func (p *plainActor) close() error {
	if p.server == nil {
		return nil
	}
	err := p.server.Close()
	if ended := <-p.ended; !errors.Is(ended, http.ErrServerClosed) {
		err = errors.Join(err, ended)
	}
	return err
}
