package models_test

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"wadah/models"
)

// Ensure that nothing of a person is left: no row, and on SQLite no byte in any file.
func TestErase(t *testing.T) {
	f := newFixture(t)
	ctx := t.Context()
	d, _ := f.device("A")
	other, _ := f.device("B")
	f.endpoint("")
	const name, words = "Budi Santoso Rahayu", "alamat saya Jalan Kenanga"
	from := func(device string, who models.Person, id, text string) models.Arrival {
		a := said(device, who, id, text)
		a.PushName = name
		return a
	}
	// By the number alone at first, then by both addresses: two rows that become one.
	f.accept(from(d.ID, models.Person{PN: budiPN}, "M1", words), from(d.ID, models.Person{LID: budiLID}, "M2", words), from(d.ID, budi, "M3", words))
	f.accept(said(d.ID, siti, "M4", "halo"), said(d.ID, siti, "M5", "nomornya 6281311112222"), from(other.ID, budi, "M6", words))
	for id, who := range map[string]models.Person{"G1": siti, "G2": budi} {
		a := from(d.ID, who, id, words)
		a.PushName = ""
		a.Chat = &models.ChatRef{Kind: "group", JID: groupID}
		f.accept(a)
	}
	queued := models.Arrival{
		DeviceID: d.ID, Account: account, At: atNoon, FromMe: true, Chat: &models.ChatRef{Kind: "private", Person: budi},
		Message: &models.NewMessage{WAID: "O1", Kind: "text", Body: []byte(words), Status: models.StatusQueued},
		Event:   &models.NewEvent{Type: "message", Body: []byte(words)},
		Send:    &models.NewSend{ExpiresAt: atNoon.Add(time.Hour)},
		Once:    &models.Once{Key: "k", Params: "p", ExpiresAt: atNoon.Add(time.Hour)},
	}
	f.accept(queued)
	for i := range 200 { // pages that split leave copies of rows behind
		f.accept(from(d.ID, budi, fmt.Sprintf("X%d", i), strings.Repeat(words, 5)))
	}
	list, err := f.DueDeliveries(ctx, f.endpointOf(), 1, 1)
	must(t, err)
	must(t, f.NoteAttempts(ctx, []models.Noted{{
		Delivery: list[0][0], Attempt: models.Attempt{At: atNoon, Status: 500, Answer: []byte("no")}, Next: models.Next{State: models.DeliveryLate, At: atNoon},
	}}))

	_, last, err := f.EventRange(ctx, d.ID)
	must(t, err)
	counted, err := f.CountErase(ctx, []string{d.ID}, models.Person{PN: budiPN})
	must(t, err)
	want := models.Erasure{Contacts: 1, Chats: 1, Messages: 3 + 1 + 1 + 200, Queued: 1, Texts: 1, Events: 3 + 1 + 1 + 1 + 200, Deliveries: 206}
	if counted != want {
		t.Errorf("counted %+v\nwant    %+v", counted, want)
	}
	erased, addresses, err := f.Erase(ctx, []string{d.ID}, models.Person{PN: budiPN})
	must(t, err)
	if erased != counted {
		t.Errorf("erased %+v, counted %+v", erased, counted)
	}
	slices.Sort(addresses)
	if !slices.Equal(addresses, []string{budiLID, budiPN}) {
		t.Errorf("addresses %v", addresses)
	}
	again, err := f.CountErase(ctx, []string{d.ID}, budi)
	must(t, err)
	if !again.Empty() {
		t.Errorf("afterwards there is %+v", again)
	}
	events, err := f.EventsAfter(ctx, d.ID, 0, 1000)
	must(t, err)
	gone := 0
	for i, e := range events {
		if e.Seq != int64(i+1) {
			t.Fatalf("event %d has the number %d", i, e.Seq)
		}
		if e.Type == models.EventErased {
			gone++
			if e.Body != nil || e.Chat != nil || e.WAID != "" || e.Sender.ID != "" || e.MessageID != "" {
				t.Errorf("an erased event says %+v", e)
			}
		}
	}
	if int64(len(events)) != last || int64(gone) != want.Events {
		t.Errorf("%d events of %d, %d erased", len(events), last, gone)
	}
	if n, err := f.Waiting(ctx, d.ID); err != nil || n != 0 {
		t.Errorf("%d wait to be sent (%v)", n, err)
	}
	if _, err := f.Answered(ctx, d.ID, "k"); err == nil {
		t.Error("the key of idempotency is kept")
	}
	expect(t, "what siti said", f.chatLog(d.ID, siti), "M4:halo M5:")
	expect(t, "the other device", f.chatLog(other.ID, budi), "M6:"+words)
	chats, err := f.Chats(ctx, models.ChatFilter{DeviceID: d.ID, Account: account})
	must(t, err)
	for _, chat := range chats {
		if chat.JID == groupID && chat.Last.WAID == "G2" {
			t.Error("the group shows what was erased")
		}
	}
	if found, err := f.KnownAnywhere(ctx, addresses); err != nil || !found {
		t.Errorf("known anywhere: %v (%v)", found, err)
	}
	_, _, err = f.Erase(ctx, []string{d.ID, other.ID}, budi)
	must(t, err)
	must(t, f.Scrub(ctx))
	f.noBytes(t, budiPN, budiLID, "6281311112222", "111111111111111", name, "Jalan Kenanga")
}

// endpointOf is the only endpoint there is.
func (f *fixture) endpointOf() string {
	f.tb.Helper()
	list, err := f.Endpoints(f.tb.Context(), "")
	if err != nil || len(list) != 1 {
		f.tb.Fatalf("%d endpoints (%v)", len(list), err)
	}
	return list[0].ID
}

// noBytes looks for what must be gone in every file of the data folder.
func (f *fixture) noBytes(t *testing.T, words ...string) {
	t.Helper()
	if onPostgres {
		return // its vacuum decides when
	}
	files := 0
	err := filepath.WalkDir(filepath.Dir(f.path), func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		content, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		files++
		for _, word := range words {
			if at := bytes.Index(content, []byte(word)); at >= 0 {
				t.Errorf("%s has %q at %d", filepath.Base(path), word, at)
			}
		}
		return nil
	})
	if err != nil || files == 0 {
		t.Errorf("%d files were read (%v)", files, err)
	}
}
