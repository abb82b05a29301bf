package models_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"wadah/models"
)

func (f *fixture) endpoint(device string, events ...string) models.Endpoint {
	f.tb.Helper()
	e, err := f.AddEndpoint(f.tb.Context(), device, models.EndpointChoices{URL: "https://example.com/secret-path", Events: events, Files: true})
	if err != nil {
		f.tb.Fatal(err)
	}
	return e
}

func (f *fixture) due(endpoint models.Endpoint) (seqs []int64) {
	f.tb.Helper()
	list, err := f.DueDeliveries(f.tb.Context(), endpoint.ID, 100, 100)
	if err != nil {
		f.tb.Fatal(err)
	}
	for _, lane := range list {
		seqs = append(seqs, lane[0].Seq)
	}
	return seqs
}

func (f *fixture) note(d models.Delivery, a models.Attempt, next models.Next) error {
	return f.NoteAttempts(f.tb.Context(), []models.Noted{{Delivery: d, Attempt: a, Next: next}})
}

// Ensure that an event is on its way to those who want it, and to nobody else.
func TestDeliveriesAreMatched(t *testing.T) {
	f := newFixture(t)
	mine, _ := f.device("A")
	other, _ := f.device("B")
	wants := map[string]int{
		f.endpoint(mine.ID).ID: 1, f.endpoint(other.ID).ID: 0, f.endpoint("").ID: 1,
		f.endpoint(mine.ID, "state", "message").ID: 1, f.endpoint(mine.ID, "state").ID: 0,
	}
	f.accept(said(mine.ID, budi, "M1", "halo"))
	f.accept(said(mine.ID, budi, "M1", "halo")) // a repeat
	for id, want := range wants {
		list, err := f.Deliveries(t.Context(), models.DeliveryFilter{EndpointID: id, Limit: 100})
		must(t, err)
		if len(list) != want {
			t.Errorf("endpoint %s: %d deliveries, want %d", id, len(list), want)
		}
	}
}

// Ensure that one event of each chat is due, and the next when it is done; also when two
// chats turn out to be one.
func TestDeliveriesKeepTheOrderOfAChat(t *testing.T) {
	f := newFixture(t)
	d, _ := f.device("A")
	e := f.endpoint(d.ID)
	byNumber, byLID := models.Person{PN: budiPN}, models.Person{LID: budiLID}
	f.accept(said(d.ID, byNumber, "M1", "1"), said(d.ID, byLID, "M2", "2"), said(d.ID, siti, "M3", "3"), said(d.ID, siti, "M4", "4"))
	if got := f.due(e); !slices.Equal(got, []int64{1, 2, 3}) {
		t.Errorf("due: %v, want 1, 2 and 3", got)
	}
	f.accept(said(d.ID, budi, "M5", "5"))
	if got := f.due(e); !slices.Equal(got, []int64{1, 3}) {
		t.Errorf("due after the merge: %v, want 1 and 3", got)
	}
	list, err := f.DueDeliveries(t.Context(), e.ID, 1, 1)
	must(t, err)
	must(t, f.note(list[0][0], models.Attempt{At: atNoon, Status: 200, Answer: []byte("ok")}, models.Next{State: models.DeliveryDone}))
	if got := f.due(e); !slices.Equal(got, []int64{2, 3}) {
		t.Errorf("due after the first: %v, want 2 and 3", got)
	}
	attempts, err := f.Attempts(t.Context(), list[0][0])
	if err != nil || len(attempts) != 1 || string(attempts[0].Answer) != "ok" {
		t.Errorf("attempts: %+v (%v)", attempts, err)
	}
}

// Ensure that what follows in a chat comes with its first, and nothing after what still has
// to wait; and that the tries of many are noted together.
func TestDeliveriesOfAChatComeTogether(t *testing.T) {
	f := newFixture(t)
	d, _ := f.device("A")
	e := f.endpoint(d.ID)
	for i := range 5 {
		f.accept(said(d.ID, budi, fmt.Sprint("B", i), "halo"), said(d.ID, siti, fmt.Sprint("S", i), "halo"))
	}
	lanes := func(limit int) (seqs [][]int64) {
		t.Helper()
		list, err := f.DueDeliveries(t.Context(), e.ID, 10, limit)
		must(t, err)
		for _, lane := range list {
			var of []int64
			for _, d := range lane {
				of = append(of, d.Seq)
			}
			seqs = append(seqs, of)
		}
		return seqs
	}
	if got := fmt.Sprint(lanes(100)); got != "[[1 3 5 7 9] [2 4 6 8 10]]" {
		t.Errorf("due: %s", got)
	}
	if got := fmt.Sprint(lanes(4)); got != "[[1 3] [2 4]]" {
		t.Errorf("at most four that are due: %s", got)
	}
	list, err := f.DueDeliveries(t.Context(), e.ID, 10, 100)
	must(t, err)
	well, ill := models.Attempt{At: atNoon, Status: 200}, models.Attempt{At: atNoon, Status: 500}
	again := models.Next{State: models.DeliveryPending, At: f.clock.Now().Add(time.Minute)}
	must(t, f.NoteAttempts(t.Context(), []models.Noted{
		{Delivery: list[0][0], Attempt: well, Next: models.Next{State: models.DeliveryDone}},
		{Delivery: list[1][0], Attempt: ill, Next: again},
		{Delivery: list[0][1], Attempt: well, Next: models.Next{State: models.DeliveryDone}},
		{Delivery: list[0][2], Attempt: ill, Next: again},
		{Delivery: models.Delivery{ID: "deleted", EndpointID: e.ID, DeviceID: d.ID}, Attempt: ill, Next: again},
	}))
	if got := lanes(100); len(got) != 0 {
		t.Errorf("due while the first of each chat waits: %v", got)
	}
	opened, err := f.OpenEndpoint(t.Context(), e.ID)
	if must(t, err); opened.Failures != 1 || opened.LastError != "HTTP 500" || opened.SucceededAt.IsZero() {
		t.Errorf("health after a success and a failure: %+v", opened)
	}
	f.clock.Add(time.Minute)
	if got := fmt.Sprint(lanes(100)); got != "[[2 4 6 8 10] [5 7 9]]" {
		t.Errorf("due a minute later: %s", got)
	}
}

// Ensure that an endpoint that has failed twenty times in a row rests until it is probed.
func TestBreaker(t *testing.T) {
	f := newFixture(t)
	d, _ := f.device("A")
	e := f.endpoint(d.ID)
	f.accept(said(d.ID, budi, "M1", "1"), said(d.ID, siti, "M2", "2"))
	for range 20 {
		list, err := f.DueDeliveries(t.Context(), e.ID, 1, 1)
		if err != nil || len(list) == 0 {
			t.Fatalf("nothing is due (%v)", err)
		}
		now := f.clock.Now()
		must(t, f.note(list[0][0], models.Attempt{At: now, Status: 500}, models.Next{State: models.DeliveryPending, At: now, Breaker: 20, Probe: now.Add(1)}))
	}
	now := f.clock.Now()
	list, err := f.Deliveries(t.Context(), models.DeliveryFilter{EndpointID: e.ID, Limit: 1})
	must(t, err)
	next := models.Next{State: models.DeliveryPending, At: now, Breaker: 20, Probe: now.Add(5 * time.Minute)}
	must(t, f.note(list[0], models.Attempt{At: now, Status: 500}, next))
	if got := f.due(e); len(got) != 0 {
		t.Errorf("due: %v while the endpoint rests", got)
	}
	f.clock.Add(5 * time.Minute)
	if got := f.due(e); len(got) != 2 {
		t.Errorf("due: %v when it is probed", got)
	}
}

// Ensure that neither addresses nor secrets of endpoints stand in the file, and that they
// are gone with their device.
func TestEndpointsAreSealed(t *testing.T) {
	f := newFixture(t)
	d, _ := f.device("A")
	e := f.endpoint(d.ID)
	opened, err := f.OpenEndpoint(t.Context(), e.ID)
	if err != nil || len(opened.Secrets) != 1 || opened.Secrets[0] != e.Secrets[0] || opened.URL != e.URL {
		t.Errorf("opened: %+v (%v)", opened, err)
	}
	for _, secret := range []string{"secret-path", e.Secrets[0]} {
		if where := f.inClear(secret); where != "" {
			t.Errorf("an endpoint's address or secret stands in %s", where)
		}
	}
	must(t, f.DeleteDevice(t.Context(), d.ID))
	if _, err := f.OpenEndpoint(t.Context(), e.ID); !errors.Is(err, models.ErrNotFound) {
		t.Errorf("after its device: %v", err)
	}
}

// Ensure that a paused endpoint's deliveries wait, that what was given up is replayed, and that
// the secret before signs until its time is over.
func TestEndpointLife(t *testing.T) {
	f := newFixture(t)
	ctx := t.Context()
	d, _ := f.device("A")
	e := f.endpoint(d.ID)
	pause := func(paused bool) models.Endpoint {
		t.Helper()
		after, err := f.EditEndpoint(ctx, d.ID, e.ID, func(c *models.EndpointChoices, p *bool) error {
			c.Headers, *p = map[string]string{"X-A": "b"}, paused
			return nil
		})
		must(t, err)
		return after
	}
	if got := pause(true); got.State != models.EndpointPaused || got.Headers["X-A"] != "b" {
		t.Errorf("paused: %+v", got)
	}
	f.accept(said(d.ID, budi, "M1", "halo"))
	if got := f.due(e); len(got) != 0 {
		t.Errorf("due while paused: %v", got)
	}
	pause(false)
	if got := f.due(e); !slices.Equal(got, []int64{1}) {
		t.Errorf("due after the pause: %v", got)
	}
	list, err := f.DueDeliveries(ctx, e.ID, 1, 1)
	must(t, err)
	must(t, f.note(list[0][0], models.Attempt{At: atNoon, Status: 500, Sent: []byte("{}")}, models.Next{State: models.DeliveryDead}))
	backlog, err := f.Backlogs(ctx)
	if must(t, err); backlog[e.ID].Dead != 1 || backlog[e.ID].Waiting != 0 {
		t.Errorf("backlog: %+v", backlog)
	}
	n, err := f.Replay(ctx, e.ID, models.ReplayFilter{Dead: true})
	if got := f.due(e); err != nil || n != 1 || !slices.Equal(got, []int64{1}) {
		t.Errorf("replayed %d (%v), due: %v", n, err, got)
	}
	if _, err := f.Replay(ctx, e.ID, models.ReplayFilter{ID: "none"}); !errors.Is(err, models.ErrNotFound) {
		t.Errorf("replay of nothing: %v", err)
	}
	if _, err := f.EditEndpoint(ctx, "", e.ID, func(*models.EndpointChoices, *bool) error { return nil }); !errors.Is(err, models.ErrNotFound) {
		t.Errorf("edited as the installation's: %v", err)
	}

	fresh, err := f.RotateEndpointSecret(ctx, d.ID, e.ID, time.Hour)
	must(t, err)
	both, err := f.OpenEndpoint(ctx, e.ID)
	if must(t, err); !slices.Equal(both.Secrets, []string{fresh.Secrets[0], e.Secrets[0]}) || both.PreviousUntil.IsZero() {
		t.Errorf("secrets: %v", both.Secrets)
	}
	f.clock.Add(2 * time.Hour)
	one, err := f.OpenEndpoint(ctx, e.ID)
	if must(t, err); !slices.Equal(one.Secrets, fresh.Secrets) {
		t.Errorf("secrets after the overlap: %v", one.Secrets)
	}
}

// Ensure that events stay that an endpoint still waits for, and go with the deliveries.
func TestEventsWaitForEndpoints(t *testing.T) {
	f := newFixture(t)
	ctx := t.Context()
	d, _ := f.device("A")
	e := f.endpoint(d.ID)
	f.accept(said(d.ID, budi, "M1", "halo"))
	f.clock.Add(5 * 24 * time.Hour)
	sweep := func() int {
		t.Helper()
		_, err := f.SweepMessages(ctx, models.DefaultRetention)
		must(t, err)
		events, err := f.EventsAfter(ctx, d.ID, 0, 10)
		must(t, err)
		return len(events)
	}
	if n := sweep(); n != 1 {
		t.Fatalf("%d events while one is on its way", n)
	}
	list, err := f.DueDeliveries(ctx, e.ID, 1, 1)
	must(t, err)
	must(t, f.note(list[0][0], models.Attempt{At: atNoon, Status: 200}, models.Next{State: models.DeliveryDone}))
	if n := sweep(); n != 0 {
		t.Errorf("%d events after all was delivered", n)
	}
	f.clock.Add(4 * 24 * time.Hour)
	sweep()
	if left, err := f.Deliveries(ctx, models.DeliveryFilter{EndpointID: e.ID, Limit: 5}); err != nil || len(left) != 0 {
		t.Errorf("deliveries: %+v (%v)", left, err)
	}
}
