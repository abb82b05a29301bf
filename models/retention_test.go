package models_test

import (
	"testing"
	"time"

	"wadah/models"
)

// What is kept is the default until it is set, within bounds; a value that cannot be read
// is an error, never a reason to delete.
func TestRetentionSetting(t *testing.T) {
	ctx := t.Context()
	f := newFixture(t)
	want := func(r models.Retention) {
		t.Helper()
		got, err := f.Retention(ctx)
		must(t, err)
		if got != r {
			t.Errorf("retention %+v, want %+v", got, r)
		}
	}
	want(models.DefaultRetention)
	nothing := models.Retention{}
	must(t, f.SetRetention(ctx, nothing))
	want(nothing)
	most := models.Retention{Bodies: models.MaxRetention, Index: time.Hour}
	must(t, f.SetRetention(ctx, most))
	for _, bad := range []models.Retention{{Bodies: -1}, {Index: models.MaxRetention + 1}, {Events: -time.Hour}} {
		if err := f.SetRetention(ctx, bad); !isInvalid(err, "retention_range") {
			t.Errorf("%+v: %v", bad, err)
		}
	}
	want(most)
	for _, broken := range []string{"seven days", `{"Bodies":-5}`} {
		must(t, f.SetSetting(ctx, "message_retention", broken))
		if got, err := f.Retention(ctx); err == nil {
			t.Errorf("%s was read as %+v", broken, got)
		}
	}
}
