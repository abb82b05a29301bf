package sandboxtest

import (
	"context"
	"database/sql"
	"path/filepath"
	"sync"
	"testing"

	"go.mau.fi/whatsmeow/store"
	"go.mau.fi/whatsmeow/store/sqlstore"
	"go.mau.fi/whatsmeow/util/keys"
	_ "modernc.org/sqlite" // the stores' database driver
)

// Store is the library's own SQL store, in a file of its own.
type Store struct {
	*sqlstore.Container
	genuine bool
}

// OpenStore opens a store that keeps one-time pre-keys in memory: 812 inserts per
// link are most of what a test would spend, above all under the race detector.
func OpenStore(t testing.TB) *Store {
	t.Helper()
	return &Store{Container: OpenGenuineStore(t).Container}
}

// OpenGenuineStore opens a store that is the library's in every respect.
func OpenGenuineStore(t testing.TB) *Store {
	t.Helper()
	dsn := "file:" + filepath.Join(t.TempDir(), "devices.db") +
		"?_pragma=foreign_keys(1)&_pragma=busy_timeout(10000)&_pragma=journal_mode(WAL)&_pragma=synchronous(OFF)&_txlock=immediate"
	db, err := sql.Open("sqlite", dsn)
	if err != nil {
		t.Fatalf("open database: %v", err)
	}
	container := sqlstore.NewWithDB(db, "sqlite3", nil)
	if err := container.Upgrade(t.Context()); err != nil {
		t.Fatalf("upgrade device store: %v", err)
	}
	t.Cleanup(func() { _ = container.Close() })
	return &Store{Container: container, genuine: true}
}

// NewDevice makes a device that is not linked yet.
func (d *Store) NewDevice() *store.Device {
	device := d.Container.NewDevice()
	if !d.genuine {
		device.Container = d
	}
	return device
}

// PutDevice stores a device that has just been linked.
func (d *Store) PutDevice(ctx context.Context, device *store.Device) error {
	fresh := !device.Initialized
	err := d.Container.PutDevice(ctx, device)
	if fresh {
		device.PreKeys = &memoryPreKeys{}
	}
	return err
}

// memoryPreKeys holds one-time pre-keys for as long as a test.
type memoryPreKeys struct {
	mu       sync.Mutex
	keys     []*keys.PreKey
	uploaded uint32
}

func (m *memoryPreKeys) GetOrGenPreKeys(_ context.Context, count uint32) ([]*keys.PreKey, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for uint32(len(m.keys))-m.uploaded < count {
		m.keys = append(m.keys, keys.NewPreKey(uint32(len(m.keys)+1)))
	}
	return m.keys[m.uploaded:], nil
}

func (m *memoryPreKeys) GenOnePreKey(ctx context.Context) (*keys.PreKey, error) {
	fresh, err := m.GetOrGenPreKeys(ctx, 1)
	return fresh[0], err
}

func (m *memoryPreKeys) GetPreKey(_ context.Context, id uint32) (*keys.PreKey, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.keys[id-1], nil
}

func (m *memoryPreKeys) RemovePreKey(context.Context, uint32) error { return nil }

func (m *memoryPreKeys) MarkPreKeysAsUploaded(_ context.Context, upTo uint32) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.uploaded = upTo
	return nil
}

func (m *memoryPreKeys) UploadedPreKeyCount(context.Context) (int, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return int(m.uploaded), nil
}
