package models_test

import (
	"testing"
	"time"

	"wadah/models"
)

// To whom a key was shown is known as long as there is the key, the last one first; what
// of it matters is what still opens something.
func TestSecretViews(t *testing.T) {
	ctx := t.Context()
	f := newFixture(t)
	_, key := f.device("Toko")
	gone, goneKey := f.device("Lama")
	secret, err := f.RotateSystemSecret(ctx, 0)
	must(t, err)
	budi, siti := models.Viewer{ID: f.user("budi", models.RoleAdmin).ID, Name: "budi"}, models.Viewer{ID: f.user("siti", models.RoleOperator).ID, Name: "siti"}

	must(t, f.NoteViews(ctx, budi))
	must(t, f.NoteViews(ctx, budi, key.ID, secret.ID, goneKey.ID, key.ID))
	f.clock.Add(time.Second)
	must(t, f.NoteViews(ctx, siti, key.ID))
	f.clock.Add(time.Hour)
	must(t, f.NoteViews(ctx, models.Viewer{ID: models.ViewerSystem}, key.ID, secret.ID))
	last := func(id string) models.SecretView {
		t.Helper()
		views, err := f.LastViews(ctx, []string{id})
		must(t, err)
		return views[id]
	}
	if got := last(key.ID); got.Viewer.ID != models.ViewerSystem || !got.At.Equal(f.clock.Now()) {
		t.Errorf("last shown to %+v", got)
	}
	f.clock.Add(time.Hour)
	must(t, f.NoteViews(ctx, siti, key.ID))
	if got := last(key.ID); got.Viewer != siti || !got.At.Equal(f.clock.Now()) {
		t.Errorf("last shown to %+v", got)
	}

	known := func(want ...string) {
		t.Helper()
		list, err := f.KnownSecrets(ctx)
		must(t, err)
		var got []string
		for _, k := range list {
			if (k.DeviceID == "") != (k.SecretID == secret.ID) || k.DeviceID != "" && k.Name != "main" {
				t.Errorf("%+v", k)
			}
			got = append(got, k.Viewer.Name+" "+map[string]string{key.ID: "key", secret.ID: "secret", goneKey.ID: "gone"}[k.SecretID])
		}
		if len(got) != len(want) {
			t.Fatalf("known: %q, want %q", got, want)
		}
		for i := range got {
			if got[i] != want[i] {
				t.Fatalf("known: %q, want %q", got, want)
			}
		}
	}
	known("budi secret", "budi key", "siti key", "budi gone")
	must(t, f.SettleViews(ctx, key.ID, []string{siti.ID}))
	known("budi secret", "budi key", "budi gone")
	must(t, f.NoteViews(ctx, siti, key.ID)) // shown again: no longer settled
	known("budi secret", "budi key", "siti key", "budi gone")
	must(t, f.DeleteDevice(ctx, gone.ID))
	must(t, f.RevokeSystemSecrets(ctx))
	known("budi key", "siti key")
	if n, err := f.SweepSecretViews(ctx); err != nil || n != 1 {
		t.Errorf("swept %d (%v), want what is about the deleted device", n, err)
	}
	if _, err := f.RotateKey(ctx, key.ID, time.Hour); err != nil {
		t.Fatal(err)
	}
	known("budi key", "siti key")
	f.clock.Add(time.Hour)
	known()
	if got := last(key.ID); got.Viewer != siti {
		t.Errorf("of an ended key nobody knows whom it was shown to: %+v", got)
	}
}
