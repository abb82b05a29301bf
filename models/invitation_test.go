package models_test

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"wadah/models"
)

// Ensure that an invitation makes one account, however many accept it at once, with the
// devices that still are there.
func TestInvitationIsAcceptedOnce(t *testing.T) {
	f := newFixture(t)
	ctx := t.Context()
	boss := f.user("boss", models.RoleAdmin)
	kept, _ := f.device("Kasir")
	gone, _ := f.device("Gudang")
	made, err := f.Invite(ctx, models.Invitation{By: boss.ID, Note: " Ani ", Role: models.RoleViewer, Devices: []string{kept.ID, gone.ID, kept.ID}}, 0)
	must(t, err)
	must(t, f.DeleteDevice(ctx, gone.ID))
	open, err := f.Invitations(ctx)
	must(t, err)
	if len(open) != 1 || open[0].Note != "Ani" || open[0].By != boss.ID || open[0].Token != "" || len(open[0].Devices) != 1 {
		t.Fatalf("%+v", open)
	}
	if _, err := f.AcceptInvitation(ctx, made.Token, "boss", goodPassword); !isInvalid(err, "name_taken") {
		t.Errorf("a name that is taken: %v", err)
	}
	var accepted atomic.Int32
	var all sync.WaitGroup
	for i := range 4 {
		all.Go(func() {
			switch _, err := f.AcceptInvitation(ctx, made.Token, fmt.Sprintf("ani%d", i), goodPassword); {
			case err == nil:
				accepted.Add(1)
			case !errors.Is(err, models.ErrNotFound) && !isInvalid(err, "name_lookalike"):
				t.Error(err)
			}
		})
	}
	all.Wait()
	users, err := f.Users(ctx)
	must(t, err)
	if accepted.Load() != 1 || len(users) != 2 {
		t.Fatalf("%d accepted, %d users", accepted.Load(), len(users))
	}
	assigned, err := f.AssignedDevices(ctx, users[1].ID)
	must(t, err)
	if len(assigned) != 1 || !assigned[kept.ID] || users[1].Role != models.RoleViewer || users[1].PasswordDue {
		t.Errorf("%v %+v", assigned, users[1])
	}
}

// Ensure that nobody comes in by an invitation of somebody who may no longer invite, and
// that there are not too many.
func TestInvitationsAreBounded(t *testing.T) {
	f := newFixture(t)
	ctx := t.Context()
	f.user("boss", models.RoleAdmin)
	left, demoted := f.user("left", models.RoleAdmin), f.user("demoted", models.RoleAdmin)
	var tokens []string
	for _, by := range []models.User{left, demoted} {
		made, err := f.Invite(ctx, models.Invitation{By: by.ID, Role: models.RoleAdmin}, time.Hour)
		must(t, err)
		tokens = append(tokens, made.Token)
	}
	must(t, f.DeleteUser(ctx, left.ID))
	must(t, f.SetUserRole(ctx, demoted.ID, models.RoleOperator))
	for _, token := range tokens {
		if _, err := f.AcceptInvitation(ctx, token, "eve", goodPassword); !errors.Is(err, models.ErrNotFound) {
			t.Errorf("accepted: %v", err)
		}
	}
	boss, err := f.UserByName(ctx, "boss")
	must(t, err)
	for range models.MaxInvitations {
		_, err := f.Invite(ctx, models.Invitation{By: boss.ID, Role: models.RoleViewer}, time.Hour)
		must(t, err)
	}
	if _, err := f.Invite(ctx, models.Invitation{By: boss.ID, Role: models.RoleViewer}, time.Hour); !isInvalid(err, "invitations_too_many") {
		t.Errorf("one too many: %v", err)
	}
	f.clock.Add(time.Hour)
	if _, err := f.Invite(ctx, models.Invitation{By: boss.ID, Role: models.RoleViewer}, time.Hour); err != nil {
		t.Errorf("after they have expired: %v", err)
	}
}
