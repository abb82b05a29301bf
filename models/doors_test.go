package models_test

import (
	"bytes"
	"errors"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"wadah/models"
)

func TestAssignments(t *testing.T) {
	f := newFixture(t)
	ctx := t.Context()
	one, _ := f.device("satu")
	two, _ := f.device("dua")
	u := f.user("sari", models.RoleOperator)

	must(t, f.AssignDevices(ctx, u.ID, []string{one.ID, two.ID, one.ID}))
	wantAssigned(t, f, u.ID, one.ID, two.ID)
	must(t, f.AssignDevices(ctx, u.ID, []string{two.ID}))
	wantAssigned(t, f, u.ID, two.ID)

	if err := f.AssignDevices(ctx, u.ID, []string{"no-such-device"}); !errors.Is(err, models.ErrNotFound) {
		t.Errorf("unknown device: %v, want ErrNotFound", err)
	}
	wantAssigned(t, f, u.ID, two.ID) // a refused change changes nothing
	if err := f.AssignDevices(ctx, "nobody", nil); !errors.Is(err, models.ErrNotFound) {
		t.Errorf("unknown user: %v, want ErrNotFound", err)
	}
	must(t, f.DeleteDevice(ctx, two.ID))
	wantAssigned(t, f, u.ID)
}

func wantAssigned(t *testing.T, f *fixture, userID string, want ...string) {
	t.Helper()
	got, err := f.AssignedDevices(t.Context(), userID)
	must(t, err)
	slices.Sort(want)
	if ids := slices.Sorted(maps.Keys(got)); !slices.Equal(ids, want) {
		t.Errorf("assigned %v, want %v", ids, want)
	}
}

func TestRotateKey(t *testing.T) {
	f := newFixture(t)
	ctx := t.Context()
	d, old := f.device("toko")

	fresh, err := f.RotateKey(ctx, old.ID, time.Hour)
	must(t, err)
	if fresh.Value == old.Value || fresh.Name != old.Name || fresh.DeviceID != d.ID {
		t.Errorf("got %+v, want a new value under the same name", fresh)
	}
	wantKey(t, f, old.Value, true)
	wantKey(t, f, fresh.Value, true)
	f.clock.Add(time.Hour)
	wantKey(t, f, old.Value, false)
	wantKey(t, f, fresh.Value, true)

	if _, err := f.RotateKey(ctx, old.ID, 0); !errors.Is(err, models.ErrNotFound) {
		t.Errorf("rotating an expired key: %v, want ErrNotFound", err)
	}
	last, err := f.RotateKey(ctx, fresh.ID, 0)
	must(t, err)
	wantKey(t, f, fresh.Value, false) // at once
	wantKey(t, f, last.Value, true)
	if _, err := f.RotateKey(ctx, last.ID, models.MaxKeyOverlap+time.Second); !isInvalid(err, "overlap_invalid") {
		t.Errorf("too long an overlap: %v", err)
	}

	ends := f.clock.Now().Add(2 * time.Hour)
	short, err := f.CreateKey(ctx, d.ID, "sebentar", &ends, models.Rights{})
	must(t, err)
	next, err := f.RotateKey(ctx, short.ID, 24*time.Hour)
	must(t, err)
	if k, err := f.APIKey(ctx, short.ID); err != nil || !k.ExpiresAt.Equal(ends.Truncate(time.Millisecond)) {
		t.Errorf("the overlap lengthened the old key to %v (%v), want %v", k.ExpiresAt, err, ends)
	}
	if next.ExpiresAt == nil || !next.ExpiresAt.Equal(ends.Truncate(time.Millisecond)) {
		t.Errorf("the new key ends %v, want %v as the old one", next.ExpiresAt, ends)
	}
}

func wantKey(t *testing.T, f *fixture, value string, valid bool) {
	t.Helper()
	_, err := f.OpenKey(t.Context(), value)
	if valid && err != nil {
		t.Errorf("a key that should open is refused: %v", err)
	}
	if !valid && !errors.Is(err, models.ErrNotFound) {
		t.Errorf("a key that should be refused: %v, want ErrNotFound", err)
	}
}

func isInvalid(err error, code string) bool {
	var inv *models.Invalid
	return errors.As(err, &inv) && inv.Code == code
}

func TestSystemSecret(t *testing.T) {
	f := newFixture(t)
	ctx := t.Context()
	check := func(value string, valid, on bool) {
		t.Helper()
		gotValid, gotOn, err := f.CheckSystemSecret(ctx, value)
		must(t, err)
		if gotValid != valid || gotOn != on {
			t.Errorf("valid %v, any %v; want %v, %v", gotValid, gotOn, valid, on)
		}
	}
	check("00000000000000000000000000000000", false, false)

	one, err := f.RotateSystemSecret(ctx, 0)
	must(t, err)
	check(one.Value, true, true)
	check("00000000000000000000000000000000", false, true)
	check("", false, true)

	two, err := f.RotateSystemSecret(ctx, time.Hour)
	must(t, err)
	check(one.Value, true, true)
	check(two.Value, true, true)
	if list, err := f.SystemSecrets(ctx); err != nil || len(list) != 2 || list[0].ID != two.ID || list[1].ExpiresAt == nil {
		t.Errorf("got %+v, %v; want two, the old one ending", list, err)
	}
	f.clock.Add(time.Hour)
	check(one.Value, false, true)
	if plain, err := f.RevealSystemSecret(ctx, two.ID); err != nil || plain != two.Value {
		t.Errorf("reveal: %v", err)
	}
	if _, err := f.RevealSystemSecret(ctx, one.ID); !errors.Is(err, models.ErrNotFound) {
		t.Errorf("revealing an ended secret: %v, want ErrNotFound", err)
	}

	other := f.open() // another process revokes
	must(t, other.RevokeSystemSecrets(ctx))
	f.clock.Add(time.Second)
	check(two.Value, false, false)
	wantNotInFile(t, f, one.Value, two.Value)
}

// wantNotInFile fails when a secret stands in the database in plain.
func wantNotInFile(t *testing.T, f *fixture, secrets ...string) {
	t.Helper()
	for _, suffix := range []string{"", "-wal"} {
		b, err := os.ReadFile(f.path + suffix)
		if errors.Is(err, os.ErrNotExist) {
			continue
		}
		must(t, err)
		for _, secret := range secrets {
			if bytes.Contains(b, []byte(secret)) {
				t.Errorf("a secret stands in wadah.db%s in plain", suffix)
			}
		}
	}
}

func TestTOTP(t *testing.T) {
	f := newFixture(t)
	ctx := t.Context()
	u := f.user("budi", models.RoleAdmin)

	if err := f.CheckTOTP(ctx, u.ID, "123456"); !errors.Is(err, models.ErrNotFound) {
		t.Errorf("without enrolment: %v, want ErrNotFound", err)
	}
	e, err := f.EnrolTOTP(ctx, u.ID, "Wadah")
	must(t, err)
	now := func() string {
		t.Helper()
		code, err := totp.GenerateCode(e.Secret, f.clock.Now())
		must(t, err)
		return code
	}
	if has, err := f.HasTOTP(ctx, u.ID); err != nil || has {
		t.Errorf("an unconfirmed factor counts (%v)", err)
	}
	if _, err := f.ConfirmTOTP(ctx, u.ID, "000000"); !isInvalid(err, "code_wrong") {
		t.Errorf("a wrong code: %v", err)
	}
	first := now()
	codes, err := f.ConfirmTOTP(ctx, u.ID, first[:3]+" "+first[3:])
	must(t, err)
	if has, err := f.HasTOTP(ctx, u.ID); err != nil || !has {
		t.Errorf("a confirmed factor does not count (%v)", err)
	}
	if _, err := f.EnrolTOTP(ctx, u.ID, "Wadah"); !errors.Is(err, models.ErrConflict) {
		t.Errorf("enrolling over a confirmed factor: %v, want ErrConflict", err)
	}
	if err := f.CheckTOTP(ctx, u.ID, first); !isInvalid(err, "code_wrong") {
		t.Errorf("a code used twice: %v", err)
	}
	f.clock.Add(30 * time.Second)
	must(t, f.CheckTOTP(ctx, u.ID, "\u200b"+now()+"\u00ad\u202c"))
	late := now()
	f.clock.Add(90 * time.Second)
	if err := f.CheckTOTP(ctx, u.ID, late); !isInvalid(err, "code_wrong") {
		t.Errorf("a code of 90 s ago: %v", err)
	}

	if len(codes) != 10 {
		t.Fatalf("%d recovery codes, want 10", len(codes))
	}
	pasted := "\u200e" + strings.ReplaceAll(strings.ToUpper(codes[3]), "-", "\u2011") + "\ufeff\u00a0"
	if left, err := f.UseRecoveryCode(ctx, u.ID, pasted); err != nil || left != 9 {
		t.Errorf("recovery code: %d left, %v", left, err)
	}
	if _, err := f.UseRecoveryCode(ctx, u.ID, codes[3]); !isInvalid(err, "code_wrong") {
		t.Errorf("a recovery code used twice: %v", err)
	}
	other := f.user("sari", models.RoleViewer)
	if _, err := f.UseRecoveryCode(ctx, other.ID, codes[4]); !isInvalid(err, "code_wrong") {
		t.Errorf("somebody else's recovery code: %v", err)
	}
	fresh, err := f.NewRecoveryCodes(ctx, u.ID)
	must(t, err)
	if _, err := f.UseRecoveryCode(ctx, u.ID, codes[5]); !isInvalid(err, "code_wrong") {
		t.Errorf("a replaced recovery code: %v", err)
	}
	wantNotInFile(t, f, append(append([]string{e.Secret}, codes...), fresh...)...)

	must(t, f.RemoveTOTP(ctx, u.ID))
	must(t, f.RemoveTOTP(ctx, u.ID))
	if left, err := f.RecoveryCodesLeft(ctx, u.ID); err != nil || left != 0 {
		t.Errorf("%d recovery codes outlive the factor (%v)", left, err)
	}
}

func TestPasskeys(t *testing.T) {
	f := newFixture(t)
	ctx := t.Context()
	u, other := f.user("budi", models.RoleAdmin), f.user("sari", models.RoleViewer)
	k, err := f.AddPasskey(ctx, u.ID, " Laptop ", []byte{1, 2, 3}, []byte(`{"n":1}`))
	must(t, err)
	if k.Name != "Laptop" || !bytes.Equal(k.CredentialID, []byte{1, 2, 3}) {
		t.Errorf("got %+v", k)
	}
	if _, err := f.AddPasskey(ctx, other.ID, "Curian", []byte{1, 2, 3}, []byte(`{}`)); !errors.Is(err, models.ErrConflict) {
		t.Errorf("the same credential twice: %v, want ErrConflict", err)
	}
	begun, until := f.clock.Now(), f.clock.Now().Add(10*time.Minute)
	must(t, f.UsePasskey(ctx, k.ID, []byte(`{"n":2}`), begun, until))
	for about, at := range map[string]time.Time{"the same challenge": begun, "one of before": begun.Add(-time.Minute)} {
		if err := f.UsePasskey(ctx, k.ID, []byte(`{"n":3}`), at, at.Add(10*time.Minute)); !errors.Is(err, models.ErrConflict) {
			t.Errorf("%s again: %v, want ErrConflict", about, err)
		}
	}
	// The clock was a day ahead when the passkey was used.
	must(t, f.UsePasskey(ctx, k.ID, []byte(`{"n":2}`), begun.Add(-24*time.Hour), until.Add(-24*time.Hour)))
	must(t, f.RenamePasskey(ctx, u.ID, k.ID, "Kantor"))
	got, err := f.PasskeyByCredential(ctx, []byte{1, 2, 3})
	must(t, err)
	if string(got.Credential) != `{"n":2}` || got.LastUsedAt == nil || got.Name != "Kantor" || got.UserID != u.ID {
		t.Errorf("got %+v", got)
	}
	for _, err := range []error{f.RenamePasskey(ctx, other.ID, k.ID, "x"), f.RemovePasskey(ctx, other.ID, k.ID)} {
		if !errors.Is(err, models.ErrNotFound) {
			t.Errorf("somebody else's passkey: %v, want ErrNotFound", err)
		}
	}
	for i := range models.MaxPasskeys - 1 {
		_, err := f.AddPasskey(ctx, u.ID, "lagi", []byte{9, byte(i)}, []byte(`{}`))
		must(t, err)
	}
	if _, err := f.AddPasskey(ctx, u.ID, "satu lagi", []byte{8}, []byte(`{}`)); !isInvalid(err, "passkeys_too_many") {
		t.Errorf("too many: %v", err)
	}
	must(t, f.RemovePasskey(ctx, u.ID, k.ID))
	if _, err := f.PasskeyByCredential(ctx, []byte{1, 2, 3}); !errors.Is(err, models.ErrNotFound) {
		t.Errorf("a removed passkey: %v, want ErrNotFound", err)
	}
}

func TestScanLinks(t *testing.T) {
	f := newFixture(t)
	ctx := t.Context()
	d, _ := f.device("toko")
	valid := func(token string) bool {
		t.Helper()
		link, err := f.ScanLinkByToken(ctx, token)
		if err != nil && !errors.Is(err, models.ErrNotFound) {
			t.Fatal(err)
		}
		return err == nil && link.DeviceID == d.ID
	}
	one, err := f.CreateScanLink(ctx, d.ID, "budi", 0)
	must(t, err)
	two, err := f.CreateScanLink(ctx, d.ID, "budi", time.Hour)
	must(t, err)
	if !valid(one.Token) || !valid(two.Token) || valid("x") || valid(one.Token[1:]+"A") {
		t.Error("a fresh link is refused, or a wrong one accepted")
	}
	f.clock.Add(models.DefaultScanLinkLife)
	if valid(one.Token) || !valid(two.Token) {
		t.Error("a link outlives its time, or does not live as long")
	}
	if err := f.RevokeScanLink(ctx, "another device", two.ID); !errors.Is(err, models.ErrNotFound) {
		t.Errorf("revoking through another device: %v, want ErrNotFound", err)
	}
	must(t, f.RevokeScanLink(ctx, d.ID, two.ID))
	if valid(two.Token) {
		t.Error("a revoked link opens")
	}
	three, err := f.CreateScanLink(ctx, d.ID, "budi", 0)
	must(t, err)
	must(t, f.EndScanLinks(ctx, d.ID))
	if list, err := f.ScanLinks(ctx, d.ID); valid(three.Token) || err != nil || len(list) != 0 {
		t.Errorf("ended links: %v, %v", list, err)
	}
	if _, err := f.CreateScanLink(ctx, d.ID, "budi", 25*time.Hour); !isInvalid(err, "life_invalid") {
		t.Errorf("too long a life: %v", err)
	}
	if _, err := f.CreateScanLink(ctx, "nothing", "budi", 0); !errors.Is(err, models.ErrNotFound) {
		t.Errorf("unknown device: %v, want ErrNotFound", err)
	}
	wantNotInFile(t, f, one.Token, two.Token, three.Token)
}

func TestAuditSearch(t *testing.T) {
	f := newFixture(t)
	ctx := t.Context()
	add := func(actor, action, detail string) {
		t.Helper()
		must(t, f.AddAudit(ctx, models.AuditEntry{Actor: actor, ActorKind: "user", Action: action, Address: "10.0.0.1", Detail: detail}))
		f.clock.Add(time.Hour)
	}
	began := f.clock.Now()
	add("budi", "key.reveal", "100% benar")
	add("budi", "keyring.open", "")
	add("sari", "key.revoke", "Kasir_1")
	for name, c := range map[string]struct {
		filter models.AuditFilter
		want   []string
	}{
		"all, newest first":   {models.AuditFilter{}, []string{"key.revoke", "keyring.open", "key.reveal"}},
		"a family of actions": {models.AuditFilter{Action: "key"}, []string{"key.revoke", "key.reveal"}},
		"one action":          {models.AuditFilter{Action: "key.reveal"}, []string{"key.reveal"}},
		"text, whatever case": {models.AuditFilter{Text: "KASIR_"}, []string{"key.revoke"}},
		"a sign is no joker":  {models.AuditFilter{Text: "100%"}, []string{"key.reveal"}},
		"actor":               {models.AuditFilter{Actor: "budi"}, []string{"keyring.open", "key.reveal"}},
		"from":                {models.AuditFilter{From: began.Add(time.Hour)}, []string{"key.revoke", "keyring.open"}},
		"to":                  {models.AuditFilter{To: began.Add(time.Hour)}, []string{"key.reveal"}},
	} {
		var got []string
		must(t, f.EachAudit(ctx, c.filter, func(e models.AuditEntry) error { got = append(got, e.Action); return nil }))
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: got %v, want %v", name, got, c.want)
		}
	}
	if n, err := f.SweepAudit(ctx, 0); err != nil || n != 0 {
		t.Errorf("a sweep took %d fresh entries (%v)", n, err)
	}
	f.clock.Add(models.MinAuditAge)
	if n, err := f.SweepAudit(ctx, 0); err != nil || n != 3 {
		t.Errorf("a sweep took %d old entries (%v), want 3", n, err)
	}
}
