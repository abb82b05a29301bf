package models_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"wadah/models"
)

// Ensure that the list of chats has the newest first, page by page, finds names and numbers
// as people type them, and is of one account alone.
func TestChats(t *testing.T) {
	f := newFixture(t)
	d, _ := f.device("Toko")
	at := func(n int) time.Time { return atNoon.Add(time.Duration(n) * time.Minute) }
	for n, name := range []string{"Bu Sari", "100% Kain_Asli!", "Иван", "Pak Budi"} {
		a := said(d.ID, models.Person{PN: fmt.Sprintf("6281234567%03d@s.whatsapp.net", n)}, fmt.Sprint("A", n), "halo "+name)
		a.PushName, a.At = name, at(n)
		f.accept(a)
	}
	group := models.Arrival{
		DeviceID: d.ID, Account: account, At: at(9), Chat: &models.ChatRef{Kind: "group", JID: "120363000000000001@g.us"}, ChatName: "Keluarga SARI",
	}
	f.accept(group) // nothing was said in it yet
	names := func(filter models.ChatFilter) string {
		t.Helper()
		filter.DeviceID = d.ID
		if filter.Account == "" {
			filter.Account = account
		}
		list, err := f.Chats(t.Context(), filter)
		must(t, err)
		var all []string
		for _, c := range list {
			name := c.Name
			if c.JID == "" {
				name = c.Contact.PushName
			}
			all = append(all, name+":"+string(c.Last.Body))
		}
		return strings.Join(all, "; ")
	}
	const budi, ivan, kain, sari = "Pak Budi:halo Pak Budi", "Иван:halo Иван", "100% Kain_Asli!:halo 100% Kain_Asli!", "Bu Sari:halo Bu Sari"
	expect(t, "all", names(models.ChatFilter{}), strings.Join([]string{budi, ivan, kain, sari}, "; "))
	expect(t, "of another account", names(models.ChatFilter{Account: "62800"}), "")
	first, err := f.Chats(t.Context(), models.ChatFilter{DeviceID: d.ID, Account: account, Limit: 2})
	must(t, err)
	expect(t, "the next ones", names(models.ChatFilter{After: first[1].Place(), Limit: 1}), kain)
	for typed, want := range map[string]string{
		"sari": sari, "SARI": sari, "Иван": ivan, "0% k": kain, "n_a": kain, "asli!": kain, "_": kain, "zzz": "",
		"0812-3456 7003": budi, "+62 812 3456 7003": budi, "7003": budi,
	} {
		expect(t, typed, names(models.ChatFilter{Search: typed}), want)
	}
	some, err := f.ChatsByID(t.Context(), d.ID, []string{first[1].ID, "none", first[0].ID})
	if err != nil || len(some) != 2 || some[0].ID != first[0].ID || string(some[0].Last.Body) != "halo Pak Budi" {
		t.Errorf("by ID: %+v (%v)", some, err)
	}
	other, _ := f.device("Lain")
	if some, err := f.ChatsByID(t.Context(), other.ID, []string{first[0].ID}); err != nil || len(some) != 0 {
		t.Errorf("of another device: %+v (%v)", some, err)
	}
	if _, err := f.ChatByID(t.Context(), other.ID, first[0].ID); err == nil {
		t.Error("a chat of another device is read")
	}
	for id, want := range map[string]string{d.ID: account, other.ID: ""} {
		if got, err := f.LatestAccount(t.Context(), id); err != nil || got != want {
			t.Errorf("the account is %q, want %q (%v)", got, want, err)
		}
	}
}

// Ensure that what was said about messages is found, and that counts are of messages alone.
func TestMessagesAbout(t *testing.T) {
	f := newFixture(t)
	d, _ := f.device("Toko")
	f.accept(
		said(d.ID, budi, "A1", "halo"), said(d.ID, budi, "A2", "ada?"),
		changedBy(d.ID, budi, "reaction", "R2", "A1", "b", 2*time.Minute), changedBy(d.ID, budi, "reaction", "R1", "A1", "a", time.Minute),
	)
	chat, err := f.ChatOf(t.Context(), d.ID, account, models.ChatRef{Person: budi})
	must(t, err)
	about, err := f.MessagesAbout(t.Context(), chat.ID, []string{"A1", "A2", "A9"})
	if err != nil || len(about) != 2 || about[0].WAID != "R1" || about[1].WAID != "R2" || about[0].Target != "A1" {
		t.Errorf("about: %+v (%v)", about, err)
	}
	if none, err := f.MessagesAbout(t.Context(), chat.ID, nil); err != nil || len(none) != 0 {
		t.Errorf("about nothing: %+v (%v)", none, err)
	}
	counts, err := f.CountMessages(t.Context(), d.ID, time.UnixMilli(0))
	if err != nil || len(counts) != 1 || counts[""] != 2 {
		t.Errorf("counts: %v (%v)", counts, err)
	}
	if counts, err := f.CountMessages(t.Context(), d.ID, time.Now().Add(time.Hour)); err != nil || len(counts) != 0 {
		t.Errorf("counts of the future: %v (%v)", counts, err)
	}
}
