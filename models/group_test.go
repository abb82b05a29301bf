package models_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"wadah/models"
)

// family is a group as WhatsApp tells it.
func family() models.Group {
	return models.Group{
		JID: groupID, Subject: "Keluarga", Description: "kumpul", Owner: siti, CreatedAt: atNoon, Announce: true, Size: 2,
		Members: []models.GroupMember{{Contact: models.Contact{Person: siti}, Role: "superadmin"}, {Contact: models.Contact{Person: models.Person{LID: budiLID}}}},
	}
}

// inGroup is what the group is known to be, in words.
func (f *fixture) inGroup(device string) string {
	f.tb.Helper()
	g, err := f.GroupOf(f.tb.Context(), device, account, groupID, true)
	if errors.Is(err, models.ErrNotFound) {
		return "unknown"
	}
	must(f.tb, err)
	var members []string
	for _, m := range g.Members {
		members = append(members, m.LID+"/"+m.PN+"="+m.Role)
	}
	slices.Sort(members)
	return fmt.Sprintf("%s %s announce=%v own=%q left=%v size=%d %s", g.Subject, g.Description, g.Announce, g.OwnRole, !g.LeftAt.IsZero(), g.Size, strings.Join(members, " "))
}

func (f *fixture) change(device string, u models.GroupUpdate) models.Outcome {
	f.tb.Helper()
	return f.accept(models.Arrival{DeviceID: device, Account: account, Chat: &models.ChatRef{Kind: "group", JID: groupID}, Group: &u})[0]
}

// Ensure that a group follows what is told of it.
func TestGroupFollows(t *testing.T) {
	f := newFixture(t)
	d, _ := f.device("Toko")
	if out := f.change(d.ID, models.GroupUpdate{Joined: []models.Person{budi}}); !out.Expects {
		t.Error("a group that is not known is not asked for")
	}
	if got := f.inGroup(d.ID); got != "unknown" {
		t.Errorf("half a group: %s", got)
	}
	whole := family()
	f.change(d.ID, models.GroupUpdate{Whole: &whole})
	const siti1, budi1 = sitiLID + "/=superadmin", budiLID + "/" + budiPN + "="
	if got, want := f.inGroup(d.ID), "Keluarga kumpul announce=true own=\"\" left=false size=2 "+budi1+" "+siti1; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	about, admin, no := "baru", "admin", false
	f.change(d.ID, models.GroupUpdate{
		Joined: []models.Person{budi, {LID: "333@lid"}}, Left: []models.Person{siti}, Announce: &no, Description: &about, OwnRole: &admin,
		Roles: []models.GroupMember{{Contact: models.Contact{Person: budi}, Role: "admin"}},
	})
	if got, want := f.inGroup(d.ID), "Keluarga baru announce=false own=\"admin\" left=false size=2 "+budiLID+"/"+budiPN+"=admin 333@lid/="; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	f.change(d.ID, models.GroupUpdate{OwnLeft: true})
	if list, err := f.Groups(t.Context(), d.ID, account, true); err != nil || len(list) != 0 {
		t.Errorf("after leaving: %v %v", list, err)
	}
	if out := f.change(d.ID, models.GroupUpdate{OwnJoined: true}); !out.Expects || !strings.Contains(f.inGroup(d.ID), "left=false") {
		t.Errorf("after joining again: %s", f.inGroup(d.ID))
	}
}

// Ensure that people who turn out to be one are in a group once.
func TestGroupMembersMerge(t *testing.T) {
	f := newFixture(t)
	d, _ := f.device("Toko")
	whole := family()
	whole.Members = append(whole.Members, models.GroupMember{Contact: models.Contact{Person: models.Person{PN: budiPN}}, Role: "admin"})
	f.change(d.ID, models.GroupUpdate{Whole: &whole})
	f.accept(models.Arrival{DeviceID: d.ID, Account: account, Pairs: []models.Person{budi}})
	if got := f.inGroup(d.ID); strings.Count(got, budiLID) != 1 || !strings.Contains(got, budiLID+"/"+budiPN) {
		t.Errorf("got %s", got)
	}
}

// Ensure that a list of groups does not undo what happened while it came.
func TestGroupListIsOlderThanNews(t *testing.T) {
	f := newFixture(t)
	d, _ := f.device("Toko")
	ctx := t.Context()
	save := func(asked time.Time, groups ...models.Group) bool {
		t.Helper()
		expects, err := f.SaveGroups(ctx, d.ID, account, groups, asked, true)
		must(t, err)
		return expects
	}
	asked := f.clock.Now()
	f.clock.Add(time.Second)
	if save(asked, family()) {
		t.Error("something is expected")
	}
	if at, err := f.GroupsRead(ctx, d.ID, account); err != nil || at.IsZero() {
		t.Errorf("read at %v (%v)", at, err)
	}
	asked = f.clock.Now()
	f.clock.Add(time.Second)
	no := false
	f.change(d.ID, models.GroupUpdate{Announce: &no})
	if !save(asked, family()) || !strings.Contains(f.inGroup(d.ID), "announce=false") {
		t.Errorf("the older list won: %s", f.inGroup(d.ID))
	}
	if list, err := f.ExpectedOf(ctx, d.ID); err != nil || len(list) != 1 || list[0].Kind != models.ExpectGroup || list[0].Name != groupID {
		t.Errorf("expected %+v (%v)", list, err)
	}
	save(asked) // not in it, but newer
	if !strings.Contains(f.inGroup(d.ID), "left=false") {
		t.Error("a newer group was left")
	}
	f.clock.Add(time.Second)
	save(f.clock.Now())
	if !strings.Contains(f.inGroup(d.ID), "left=true") {
		t.Error("a group that is not in the list is still there")
	}
}

// Ensure that invitations are found by their code, which is not stored.
func TestInvitations(t *testing.T) {
	f := newFixture(t)
	d, _ := f.device("Toko")
	ctx := t.Context()
	find := func(code string) string {
		jid, err := f.InvitedTo(ctx, d.ID, account, code)
		if errors.Is(err, models.ErrNotFound) {
			return ""
		}
		must(t, err)
		return jid
	}
	must(t, f.SaveInvite(ctx, d.ID, account, groupID, "AAAA")) // of no known group: nothing
	whole := family()
	f.change(d.ID, models.GroupUpdate{Whole: &whole})
	must(t, f.SaveInvite(ctx, d.ID, account, groupID, "BBBB"))
	f.change(d.ID, models.GroupUpdate{Whole: &whole})
	if find("AAAA") != "" || find("BBBB") != groupID {
		t.Errorf("found %q and %q", find("AAAA"), find("BBBB"))
	}
	f.change(d.ID, models.GroupUpdate{Invite: "CCCC"})
	if find("BBBB") != "" || find("CCCC") != groupID {
		t.Errorf("after a new one: %q and %q", find("BBBB"), find("CCCC"))
	}
	var plain int
	must(t, f.SQL().QueryRowContext(ctx, "SELECT count(*) FROM group_chats WHERE invite = 'CCCC'").Scan(&plain))
	if plain != 0 {
		t.Error("a code is stored as it is")
	}
	must(t, f.LeaveGroup(ctx, d.ID, account, groupID))
	if list, err := f.Groups(ctx, d.ID, account, false); err != nil || len(list) != 0 {
		t.Errorf("left: %v %v", list, err)
	}
}

// Ensure that what WhatsApp forbids an account is kept, the newest word of it.
func TestLocks(t *testing.T) {
	f := newFixture(t)
	d, _ := f.device("Toko")
	say := func(active bool, at time.Time) {
		f.accept(models.Arrival{DeviceID: d.ID, Account: account, Lock: &models.AccountLock{Active: active, Kind: "x", Until: at.Add(time.Hour), At: at}})
	}
	locks := func(ctx context.Context) int {
		list, err := f.Locks(ctx)
		must(t, err)
		return len(list)
	}
	say(true, atNoon)
	say(false, atNoon.Add(-time.Minute))
	if locks(t.Context()) != 1 {
		t.Error("older news won")
	}
	list, err := f.Locks(t.Context())
	if err != nil || list[0].Account != account || !list[0].Until.Equal(atNoon.Add(time.Hour)) {
		t.Errorf("locks: %+v %v", list, err)
	}
	_, err = f.SaveGroups(t.Context(), d.ID, account, nil, f.clock.Now(), true)
	must(t, err)
	must(t, f.ForgetAccounts(t.Context()))
	if at, err := f.GroupsRead(t.Context(), d.ID, account); err != nil || !at.IsZero() || locks(t.Context()) != 0 {
		t.Errorf("after forgetting: groups read at %v (%v)", at, err)
	}
	say(true, atNoon)
	say(false, atNoon.Add(time.Minute))
	if locks(t.Context()) != 0 {
		t.Error("a lock that is over is still there")
	}
}
