package models_test

import (
	"context"
	"crypto/rand"
	"fmt"
	"testing"
	"time"

	"wadah/models"

	"go.mau.fi/whatsmeow/proto/waAdv"    //nolint:depguard // the test runs whatsmeow's own store beside ours
	"go.mau.fi/whatsmeow/store/sqlstore" //nolint:depguard // the test runs whatsmeow's own store beside ours
	"go.mau.fi/whatsmeow/types"          //nolint:depguard // the test runs whatsmeow's own store beside ours
	"golang.org/x/sync/errgroup"
)

// linkOne does to the database what linking a device does: whatsmeow saves its
// row, 40 pre-keys one by one and a few sessions, and we write our own.
func linkOne(ctx context.Context, s *models.Store, container *sqlstore.Container, i int) error {
	d, _, err := s.CreateDevice(ctx, fmt.Sprintf("device %d", i))
	if err != nil {
		return err
	}
	jid := types.JID{User: fmt.Sprint(628000000000 + i), Device: 3, Server: types.DefaultUserServer}
	life := models.Life{JID: jid.String()}
	if err := s.SaveLife(ctx, d.ID, life, true); err != nil {
		return err
	}
	wa := container.NewDevice()
	wa.ID = &jid
	wa.Account = &waAdv.ADVSignedDeviceIdentity{
		Details: randomBytes(20), AccountSignature: randomBytes(64),
		AccountSignatureKey: randomBytes(32), DeviceSignature: randomBytes(64),
	}
	if err := wa.Save(ctx); err != nil {
		return fmt.Errorf("save: %w", err)
	}
	for range 4 {
		made, err := wa.PreKeys.GetOrGenPreKeys(ctx, 10)
		if err != nil {
			return fmt.Errorf("pre-keys: %w", err)
		}
		if err := wa.PreKeys.MarkPreKeysAsUploaded(ctx, made[len(made)-1].KeyID); err != nil {
			return fmt.Errorf("mark pre-keys: %w", err)
		}
		if _, err := container.GetAllDevices(ctx); err != nil {
			return fmt.Errorf("all devices: %w", err)
		}
	}
	for n := range 100 {
		if err := wa.Sessions.PutManySessions(ctx, map[string][]byte{
			fmt.Sprintf("%d:%d", i, n): randomBytes(300), fmt.Sprintf("%d:%d", i, n+1): randomBytes(300),
		}); err != nil {
			return fmt.Errorf("sessions: %w", err)
		}
		switch n % 4 {
		case 0:
			err = s.AddEvents(ctx, []models.DeviceEvent{{DeviceID: d.ID, From: "PAIRING", To: "CONNECTED", Reason: "ready"}})
		case 1:
			err = s.SetAlive(ctx, []string{d.ID}, time.Now())
		case 2:
			life.Desired = true
			err = s.SaveLife(ctx, d.ID, life, false)
		case 3:
			_, err = s.Device(ctx, d.ID)
		}
		if err != nil {
			return fmt.Errorf("ours: %w", err)
		}
	}
	life.PushName, life.Platform, life.LinkedAt = "Budi", "android", time.Now()
	return s.SaveLife(ctx, d.ID, life, true)
}

func randomBytes(n int) []byte {
	b := make([]byte, n)
	rand.Read(b)
	return b
}

// Ensure that many devices linking at once, through whatsmeow's store and ours,
// never meet a locked database.
func TestManyWritersAtOnce(t *testing.T) {
	ctx := t.Context()
	s := newFixture(t).Store
	container := sqlstore.NewWithDB(s.SQL(), s.Dialect(), nil)
	if err := container.Upgrade(ctx); err != nil {
		t.Fatal(err)
	}
	// libsignal makes its logger at first use, without a lock.
	container.NewDevice()
	start := time.Now()
	g, gctx := errgroup.WithContext(ctx)
	const writers = 8
	for i := range writers {
		g.Go(func() error { return linkOne(gctx, s, container, i) })
	}
	if err := g.Wait(); err != nil {
		t.Fatal(err)
	}
	t.Logf("%d devices in %v", writers, time.Since(start))
	saved, err := container.GetAllDevices(ctx)
	if err != nil || len(saved) != writers {
		t.Fatalf("%d rows of whatsmeow, want %d (%v)", len(saved), writers, err)
	}
	for _, d := range saved {
		if n, err := d.PreKeys.UploadedPreKeyCount(ctx); err != nil || n != 40 {
			t.Errorf("%d uploaded pre-keys, want 40 (%v)", n, err)
		}
	}
}

// Ensure that two processes on one file (the server and the command line) write
// at the same time without failing, also where a transaction reads first.
func TestTwoProcessesWriting(t *testing.T) {
	ctx := t.Context()
	f := newFixture(t)
	d, _ := f.device("Toko")
	g, gctx := errgroup.WithContext(ctx)
	for _, s := range []*models.Store{f.Store, f.open()} {
		for range 2 {
			g.Go(func() error {
				for range 100 {
					if err := s.AddEvents(gctx, []models.DeviceEvent{{DeviceID: d.ID, Reason: "ready"}}); err != nil {
						return err
					}
				}
				return nil
			})
		}
	}
	must(t, g.Wait())
	if events, err := f.Events(ctx, d.ID, 0, ""); err != nil || len(events) != 400 {
		t.Errorf("%d events, want 400 (%v)", len(events), err)
	}
}
