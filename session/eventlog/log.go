package eventlog

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"time"

	"wadah/models"
)

// Event is an entry of the log as programs see it.
type Event struct {
	Seq  int64           `json:"seq"`
	ID   string          `json:"id"`
	Type string          `json:"type"`
	At   time.Time       `json:"at"`
	Data json.RawMessage `json:"data"`
}

// GoneError says that a reader asks for events that are not kept any more. First is the
// oldest number that is.
type GoneError struct{ First int64 }

func (e *GoneError) Error() string {
	return fmt.Sprintf("events before %d are not kept any more", e.First)
}

// Limits of one reading.
const (
	DefaultLimit = 100
	MaxLimit     = 500
	MaxWait      = 60 * time.Second
)

// Log reads the event log.
type Log struct {
	store *models.Store

	mu      sync.Mutex
	waiting map[string]chan struct{} // by device: closed at its next event
}

// New makes the log's reader. It hears of every commit from then on: make it before
// anything is stored.
func New(store *models.Store) *Log {
	l := &Log{store: store, waiting: make(map[string]chan struct{})}
	store.OnEvents(l.committed)
	return l
}

// committed wakes who waits.
func (l *Log) committed(heads map[string]int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for device := range heads {
		if c, ok := l.waiting[device]; ok {
			close(c)
			delete(l.waiting, device)
		}
	}
}

// Next is closed when the device has a new event. Take it before reading, so that none
// is missed in between.
func (l *Log) Next(deviceID string) <-chan struct{} {
	l.mu.Lock()
	defer l.mu.Unlock()
	c, ok := l.waiting[deviceID]
	if !ok {
		c = make(chan struct{})
		l.waiting[deviceID] = c
	}
	return c
}

// First is the number of the device's oldest event that is kept; 1 when it never had one.
func (l *Log) First(ctx context.Context, deviceID string) (int64, error) {
	first, _, err := l.store.EventRange(ctx, deviceID)
	return max(first, 1), err
}

// Last is the number of the device's newest event; 0 when it never had one.
func (l *Log) Last(ctx context.Context, deviceID string) (int64, error) {
	_, last, err := l.store.EventRange(ctx, deviceID)
	return last, err
}

// After returns at most limit events with numbers above after, in order; none when
// nothing comes within wait. *GoneError when the next one is not kept any more.
func (l *Log) After(ctx context.Context, deviceID string, after int64, limit int, wait time.Duration) ([]Event, error) {
	if limit <= 0 {
		limit = DefaultLimit
	}
	limit, wait = min(limit, MaxLimit), min(wait, MaxWait)
	late := time.NewTimer(max(wait, 0))
	defer late.Stop()
	for {
		next := l.Next(deviceID)
		events, err := l.read(ctx, deviceID, after, limit)
		if err != nil || len(events) > 0 || wait <= 0 {
			return events, err
		}
		select {
		case <-next:
		case <-late.C:
			return nil, nil
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

func (l *Log) read(ctx context.Context, deviceID string, after int64, limit int) ([]Event, error) {
	rows, err := l.store.EventsAfter(ctx, deviceID, after, limit)
	if err != nil {
		return nil, err
	}
	if len(rows) > 0 && rows[0].Seq == after+1 {
		return published(rows)
	}
	// Nothing follows, or there is a gap: does the reader know too little, or too much?
	first, last, err := l.store.EventRange(ctx, deviceID)
	if err != nil {
		return nil, err
	}
	if after+1 < first || after > last {
		return nil, &GoneError{First: first}
	}
	return published(rows)
}

func published(rows []models.Event) ([]Event, error) {
	events := make([]Event, 0, len(rows))
	for _, row := range rows {
		data, err := Data(row)
		if err != nil {
			return nil, fmt.Errorf("event %d of device %s: %w", row.Seq, row.DeviceID, err)
		}
		events = append(events, Event{Seq: row.Seq, ID: row.ID, Type: row.Type, At: row.At, Data: data})
	}
	return events, nil
}
