package whatsapp

import (
	"database/sql"
	"path/filepath"
	"sync"
	"testing"

	"go.mau.fi/whatsmeow/proto/waAdv"
	"go.mau.fi/whatsmeow/store"
	"go.mau.fi/whatsmeow/types"
	"go.mau.fi/whatsmeow/util/keys"
	_ "modernc.org/sqlite"
)

// newDevices makes a store with saved devices.
func newDevices(t *testing.T, jids ...types.JID) (*container, []*store.Device) {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+filepath.Join(t.TempDir(), "keys.db")+"?_pragma=foreign_keys(1)&_pragma=busy_timeout(10000)&_pragma=journal_mode(MEMORY)&_pragma=synchronous(OFF)&_txlock=immediate")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	c, err := openContainer(t.Context(), db, "sqlite3", nil)
	if err != nil {
		t.Fatal(err)
	}
	var devices []*store.Device
	for _, jid := range jids {
		device, err := c.load(t.Context(), "", nil)
		if err != nil {
			t.Fatal(err)
		}
		device.ID = &jid
		device.Account = &waAdv.ADVSignedDeviceIdentity{
			Details: []byte{}, AccountSignature: make([]byte, 64), AccountSignatureKey: make([]byte, 32), DeviceSignature: make([]byte, 64),
		}
		if err := device.Save(t.Context()); err != nil {
			t.Fatalf("Save: %v", err)
		}
		devices = append(devices, device)
	}
	return c, devices
}

type keyRow struct {
	id       uint32
	size     int
	uploaded bool
}

func keyRows(t *testing.T, c *container, jid types.JID) (rows []keyRow) {
	t.Helper()
	result, err := c.db.RawDB.Query(`SELECT key_id, length(key), uploaded FROM whatsmeow_pre_keys WHERE jid=? ORDER BY key_id`, jid.String())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = result.Close() }()
	for result.Next() {
		var row keyRow
		if err := result.Scan(&row.id, &row.size, &row.uploaded); err != nil {
			t.Fatal(err)
		}
		rows = append(rows, row)
	}
	if err := result.Err(); err != nil {
		t.Fatal(err)
	}
	return rows
}

// preKeysOf finds our store of pre-keys behind the guard.
func preKeysOf(t *testing.T, device *store.Device) *preKeyStore {
	t.Helper()
	all, ok := device.PreKeys.(*stores)
	if !ok {
		t.Fatalf("a saved device has a %T, want ours", device.PreKeys)
	}
	ours, ok := all.preKeys.(*preKeyStore)
	if !ok {
		t.Fatalf("behind the guard is a %T, want ours", all.preKeys)
	}
	return ours
}

// TestPreKeysAreTheLibrarys does the same with our store and with the library's.
func TestPreKeysAreTheLibrarys(t *testing.T) {
	one, two := types.NewADJID("6281", 0, 1), types.NewADJID("6282", 0, 1)
	c, devices := newDevices(t, one, two)
	ours, theirs := preKeysOf(t, devices[0]), preKeysOf(t, devices[1]).PreKeyStore

	ctx := t.Context()
	var made [2][]*keys.PreKey
	steps := []func(int, store.PreKeyStore) error{
		func(i int, s store.PreKeyStore) (err error) { made[i], err = s.GetOrGenPreKeys(ctx, 0); return },
		func(i int, s store.PreKeyStore) (err error) { made[i], err = s.GetOrGenPreKeys(ctx, 212); return }, // more than one statement
		func(i int, s store.PreKeyStore) (err error) { made[i], err = s.GetOrGenPreKeys(ctx, 50); return },  // fewer than there are
		func(i int, s store.PreKeyStore) (err error) { made[i], err = s.GetOrGenPreKeys(ctx, 240); return }, // more than there are
		func(_ int, s store.PreKeyStore) error { return s.MarkPreKeysAsUploaded(ctx, 212) },
		func(_ int, s store.PreKeyStore) error { _, err := s.GenOnePreKey(ctx); return err },
		func(_ int, s store.PreKeyStore) error { return s.RemovePreKey(ctx, 240) },
		func(_ int, s store.PreKeyStore) error { return s.RemovePreKey(ctx, 241) }, // the last one: its number is used again
		func(i int, s store.PreKeyStore) (err error) { made[i], err = s.GetOrGenPreKeys(ctx, 100); return },
		func(_ int, s store.PreKeyStore) error { return s.MarkPreKeysAsUploaded(ctx, 5000) },
		func(i int, s store.PreKeyStore) (err error) { made[i], err = s.GetOrGenPreKeys(ctx, 201); return },
	}
	for n, step := range steps {
		made = [2][]*keys.PreKey{}
		for i, s := range []store.PreKeyStore{ours, theirs} {
			if err := step(i, s); err != nil {
				t.Fatalf("step %d of store %d: %v", n, i, err)
			}
		}
		if len(made[0]) != len(made[1]) {
			t.Fatalf("step %d: %d keys, the library makes %d", n, len(made[0]), len(made[1]))
		}
		for i := range made[0] {
			if made[0][i].KeyID != made[1][i].KeyID {
				t.Fatalf("step %d: key %d has id %d, the library's has %d", n, i, made[0][i].KeyID, made[1][i].KeyID)
			}
			if i%20 != 0 && i != len(made[0])-1 {
				continue // reading every key back takes long under the race detector
			}
			stored, err := ours.GetPreKey(ctx, made[0][i].KeyID)
			if err != nil || *stored.Priv != *made[0][i].Priv || *stored.Pub != *made[0][i].Pub {
				t.Fatalf("step %d: key %d is not the stored one (%v)", n, i, err)
			}
		}
		got, want := keyRows(t, c, one), keyRows(t, c, two)
		if len(got) != len(want) {
			t.Fatalf("step %d: %d rows, the library has %d", n, len(got), len(want))
		}
		for i := range got {
			if got[i] != want[i] {
				t.Fatalf("step %d: row %d is %+v, the library's %+v", n, i, got[i], want[i])
			}
		}
	}
}

// TestPreKeysComeTogether: either all keys of a batch are written or none.
func TestPreKeysComeTogether(t *testing.T) {
	c, devices := newDevices(t, types.NewADJID("6281", 0, 1))
	const late = `CREATE TRIGGER late BEFORE INSERT ON whatsmeow_pre_keys WHEN NEW.key_id = 700 BEGIN SELECT RAISE(ABORT, 'full'); END`
	if _, err := c.db.RawDB.Exec(late); err != nil {
		t.Fatal(err)
	}
	if _, err := devices[0].PreKeys.GetOrGenPreKeys(t.Context(), 812); err == nil {
		t.Fatal("no error although the 700th key cannot be written")
	}
	if rows := keyRows(t, c, *devices[0].ID); len(rows) != 0 {
		t.Errorf("%d keys were written before the one that failed, want none", len(rows))
	}
	if _, err := c.db.RawDB.Exec(`DROP TRIGGER late`); err != nil {
		t.Fatal(err)
	}
	made, err := devices[0].PreKeys.GetOrGenPreKeys(t.Context(), 812)
	if err != nil || len(made) != 812 || made[0].KeyID != 1 || made[811].KeyID != 812 {
		t.Errorf("%d keys, %v, want 1 to 812", len(made), err)
	}
}

func TestPreKeysConcurrently(t *testing.T) {
	c, devices := newDevices(t, types.NewADJID("6281", 0, 1))
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			if _, err := devices[0].PreKeys.GetOrGenPreKeys(t.Context(), 60); err != nil {
				t.Error(err)
			}
			if _, err := devices[0].PreKeys.GenOnePreKey(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if rows := keyRows(t, c, *devices[0].ID); len(rows) != 64 {
		t.Errorf("%d rows, want 60 and 4", len(rows))
	}
}
