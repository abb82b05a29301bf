package session

import (
	"context"
	"sync"
	"time"
)

// endedLinks are the links whose credentials are being deleted. None of them may be made
// anew meanwhile: its credentials would go with the old ones.
type endedLinks struct {
	mu   sync.Mutex
	jids map[string]bool
}

func (e *endedLinks) has(jid string) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.jids[jid]
}

func (e *endedLinks) add(jid string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.jids == nil {
		e.jids = map[string]bool{}
	}
	e.jids[jid] = true
}

func (e *endedLinks) remove(jid string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	delete(e.jids, jid)
}

// forget deletes the credentials of an ended link in the background, as soon as prev is
// closed, and again until it is done or the program ends: the next start finds them
// then. It closes tried after the first time.
func (m *Manager) forget(jid string, prev <-chan struct{}, tried chan<- struct{}) {
	m.ended.add(jid)
	m.spawn("forget", func() {
		defer m.ended.remove(jid)
		if prev != nil {
			<-prev
		}
		err := m.forgetOnce(jid)
		close(tried)
		for pause := time.Second; err != nil; pause = min(2*pause, time.Minute) {
			m.log.Error("the credentials of an ended link cannot be deleted; it is tried again", "err", err)
			if waitFor(m.ctx, nil, pause) != nil {
				return
			}
			err = m.forgetOnce(jid)
		}
	})
}

func (m *Manager) forgetOnce(jid string) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(m.ctx), stopLimit)
	defer cancel()
	return m.driver.Forget(ctx, jid)
}
