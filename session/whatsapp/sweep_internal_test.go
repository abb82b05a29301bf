package whatsapp

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.mau.fi/whatsmeow/store"
	"go.mau.fi/whatsmeow/types"
)

// TestSecretsAreTheLibrarys does the same with our store of secrets and the library's.
func TestSecretsAreTheLibrarys(t *testing.T) {
	jid := types.NewADJID("6281", 0, 1)
	c, devices := newDevices(t, jid)
	ours, _ := devices[0].MsgSecrets.(*stores)
	theirs := ours.inner
	person, lid := types.NewJID("6285", types.DefaultUserServer), types.NewJID("99", types.HiddenUserServer)
	group, unknown := types.NewJID("1-2", types.GroupServer), types.NewJID("77", types.HiddenUserServer)
	if err := c.LIDMap.PutLIDMapping(t.Context(), lid, person); err != nil {
		t.Fatal(err)
	}
	for _, s := range []store.MsgSecretStore{ours, theirs} {
		err := errors.Join(
			s.PutMessageSecret(t.Context(), person, person, "A", []byte("a")),
			s.PutMessageSecret(t.Context(), person, person, "A", []byte("again")),
			s.PutMessageSecret(t.Context(), group, types.NewADJID("6285", 0, 7), "B", []byte("b")),
			s.PutMessageSecrets(t.Context(), []store.MessageSecretInsert{
				{Chat: lid, Sender: lid, ID: "C", Secret: []byte("c")}, {Chat: unknown, Sender: unknown, ID: "D", Secret: []byte("d")},
			}),
			s.PutMessageSecrets(t.Context(), nil),
		)
		if err != nil {
			t.Fatal(err)
		}
	}
	type answer struct {
		Secret string
		From   types.JID
	}
	for _, chat := range []types.JID{person, lid, group, unknown} {
		for _, sender := range []types.JID{person, lid, unknown, types.NewADJID("6285", 0, 3)} {
			for _, id := range []string{"A", "B", "C", "D", "E"} {
				var got [2]answer
				for i, s := range []store.MsgSecretStore{ours, theirs} {
					secret, from, err := s.GetMessageSecret(t.Context(), chat, sender, id)
					if err != nil {
						t.Fatal(err)
					}
					got[i] = answer{string(secret), from}
				}
				if diff := cmp.Diff(got[1], got[0]); diff != "" {
					t.Errorf("chat %v, sender %v, %s (- the library's, + ours):\n%s", chat, sender, id, diff)
				}
			}
		}
	}
	if n := count(t, c, "whatsmeow_message_secrets"); n != 4 { // the library's own went past ours
		t.Errorf("%d rows in the library's table", n)
	}
}

func count(t *testing.T, c *container, table string) (n int) {
	t.Helper()
	if err := c.db.RawDB.QueryRowContext(t.Context(), "SELECT count(*) FROM "+table).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

// Ten thousand messages leave nothing for ever: what they leave ends with its time, also
// for a device that is never connected again.
func TestSweep(t *testing.T) {
	c, devices := newDevices(t, types.NewADJID("6281", 0, 1), types.NewADJID("6282", 0, 1))
	d := &Driver{store: c}
	const messages = 10_000
	var inserts []store.MessageSecretInsert
	person := types.NewJID("6285", types.DefaultUserServer)
	for i := range messages {
		inserts = append(inserts, store.MessageSecretInsert{Chat: person, Sender: person, ID: fmt.Sprint(i), Secret: make([]byte, 32)})
	}
	ctx := t.Context()
	for _, device := range devices {
		err := errors.Join(
			device.MsgSecrets.PutMessageSecrets(ctx, inserts),
			device.EventBuffer.PutBufferedEvent(ctx, [32]byte{1}, nil, time.Now()),
			device.EventBuffer.AddOutgoingEvent(ctx, person, "A", "wa", []byte("x")),
		)
		if err != nil {
			t.Fatal(err)
		}
	}
	tables := map[string]int{"library_message_secrets": messages, "whatsmeow_event_buffer": 1, "whatsmeow_retry_buffer": 1}
	age := func(by time.Duration) {
		for table, column := range map[string]string{
			"library_message_secrets": "at", "whatsmeow_event_buffer": "insert_timestamp", "whatsmeow_retry_buffer": "timestamp",
		} {
			if _, err := c.db.Exec(ctx, "UPDATE "+table+" SET "+column+"="+column+"-$1", by.Milliseconds()); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, step := range []struct {
		older time.Duration
		life  map[string]bool
	}{
		{0, map[string]bool{"library_message_secrets": true, "whatsmeow_event_buffer": true, "whatsmeow_retry_buffer": true}},
		{8 * 24 * time.Hour, map[string]bool{"library_message_secrets": true, "whatsmeow_event_buffer": true}},
		{7 * 24 * time.Hour, map[string]bool{"library_message_secrets": true}},
		{16 * 24 * time.Hour, nil},
	} {
		age(step.older)
		if err := d.Sweep(ctx); err != nil {
			t.Fatal(err)
		}
		for table, rows := range tables {
			want := 0
			if step.life[table] {
				want = 2 * rows
			}
			if n := count(t, c, table); n != want {
				t.Errorf("%v later %s has %d rows, want %d", step.older, table, n, want)
			}
		}
	}
}

// What a database of an earlier version holds is taken over, and pairs of addresses go
// with the last device.
func TestOpenTakesOver(t *testing.T) {
	jid := types.NewADJID("6281", 0, 1)
	c, devices := newDevices(t, jid)
	ours, _ := devices[0].MsgSecrets.(*stores)
	person := types.NewJID("6285", types.DefaultUserServer)
	err := errors.Join(
		ours.inner.PutMessageSecret(t.Context(), person, person, "A", []byte("a")),
		c.LIDMap.PutLIDMapping(t.Context(), types.NewJID("99", types.HiddenUserServer), person),
	)
	if err != nil {
		t.Fatal(err)
	}
	again, err := openContainer(t.Context(), c.db.RawDB, "sqlite3", nil)
	if err != nil {
		t.Fatal(err)
	}
	if secret, _, err := devices[0].MsgSecrets.GetMessageSecret(t.Context(), person, person, "A"); err != nil || string(secret) != "a" {
		t.Errorf("the secret is %q, %v", secret, err)
	}
	if n, pairs := count(t, c, "whatsmeow_message_secrets"), count(t, c, "whatsmeow_lid_map"); n != 0 || pairs != 1 {
		t.Errorf("%d secrets in the library's table, %d pairs; want none and one", n, pairs)
	}
	if err := again.forget(t.Context(), jid.String()); err != nil {
		t.Fatal(err)
	}
	if _, err := openContainer(t.Context(), c.db.RawDB, "sqlite3", nil); err != nil {
		t.Fatal(err)
	}
	if n, pairs := count(t, c, "library_message_secrets"), count(t, c, "whatsmeow_lid_map"); n != 0 || pairs != 0 {
		t.Errorf("without a device: %d secrets, %d pairs", n, pairs)
	}
}

// Settings that change again and again leave one row each, and the newest is found.
func TestAppStateDoesNotGrow(t *testing.T) {
	c, devices := newDevices(t, types.NewADJID("6281", 0, 1))
	state := devices[0].AppState
	if err := state.PutAppStateVersion(t.Context(), "regular_low", 1, [128]byte{}); err != nil {
		t.Fatal(err)
	}
	mac := func(index, value byte) store.AppStateMutationMAC {
		m := store.AppStateMutationMAC{IndexMAC: make([]byte, 32), ValueMAC: make([]byte, 32)}
		m.IndexMAC[0], m.ValueMAC[0] = index, value
		return m
	}
	for version := range uint64(200) {
		err := state.PutAppStateMutationMACs(t.Context(), "regular_low", version+1, []store.AppStateMutationMAC{mac(1, byte(version)), mac(2, 0)})
		if err != nil {
			t.Fatal(err)
		}
	}
	if n := count(t, c, "whatsmeow_app_state_mutation_macs"); n != 2 {
		t.Errorf("%d rows of two settings", n)
	}
	if got, err := state.GetAppStateMutationMAC(t.Context(), "regular_low", mac(1, 0).IndexMAC); err != nil || got[0] != 199 {
		t.Errorf("the newest is %v, %v", got, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := state.PutAppStateMutationMACs(ctx, "regular_low", 300, []store.AppStateMutationMAC{mac(1, 7)}); err == nil {
		t.Error("stored with an ended context")
	}
	if got, err := state.GetAppStateMutationMAC(t.Context(), "regular_low", mac(1, 0).IndexMAC); err != nil || got[0] != 199 {
		t.Errorf("after a failure the newest is %v, %v", got, err)
	}
}
