package gallery

import (
	"time"

	"wadah/views"
	messageviews "wadah/views/messages"
)

func (p ShowPage) messages() []specimen {
	page := Messages(p.At, p.Page)
	out := []specimen{
		{"chats", messageviews.ChatList(p.Lang, page.List)},
		{"bubbles", messageviews.Said(p.Lang, *page.Open)},
	}
	for name, c := range Composers(p.At, p.Lang) {
		if name == "reply" { // each has the same ids
			out = append(out, specimen{"composer-" + name, messageviews.ComposerForm(p.Lang, c)})
		}
	}
	return out
}

// Messages is the conversations of a device, and one of them with each kind of message.
func Messages(at time.Time, page views.Page) messageviews.MessagesPage {
	page.Path = "/devices/d1/messages/c1"
	bubbles := Bubbles(at)
	last := bubbles[len(bubbles)-1]
	rows := []messageviews.Row{
		{ID: "c1", Name: "Bu Sari", Number: "6281234567891", At: at, Now: at, Last: last},
		{ID: "c2", Name: "Keluarga Besar", Group: true, Unread: 12, At: at.Add(-time.Hour), Now: at, Last: messageviews.Bubble{
			ID: "m90", Named: true, Sender: "Pak Budi", Kind: "image", Text: "Foto kemarin",
		}},
		{ID: "c3", Number: "6285712345678", Unread: 1, At: at.Add(-26 * time.Hour), Now: at, Last: messageviews.Bubble{ID: "m91", Kind: "voice"}},
		{ID: "c4", At: at.Add(-50 * time.Hour), Now: at},
	}
	open := messageviews.Conversation{Row: rows[0], Base: messageviews.ChatsOf("d1"), Bubbles: bubbles}
	open.Unread, open.Composer = 2, messageviews.Composer{Base: messageviews.ChatsOf("d1"), ChatID: "c1", Can: true}
	return messageviews.MessagesPage{
		Page: page, Device: Linked(at, views.StateConnected, "ready"), Open: &open,
		List:   messageviews.List{Base: messageviews.ChatsOf("d1"), Rows: rows, OpenID: "c1"},
		Events: "/events?page=messages&device=d1&after=7&chat=c1",
	}
}

// PhoneChats is the chats of a virtual phone.
func PhoneChats(at time.Time, page views.Page) messageviews.PhonePage {
	base := messageviews.ChatsOfPhone("6281234567891")
	page.Path = base + "/1@lid"
	bubble := func(id, text string) messageviews.Bubble {
		return messageviews.Bubble{ID: id, Base: base, ChatID: "1@lid", Kind: "text", Text: text, At: at, Sender: "Toko Utama", CanAct: true}
	}
	asked, answer, picture, poll := bubble("A1", "Apakah batik biru masih ada?"), bubble("A2", "Masih ada"), bubble("A3", ""), bubble("A4", "")
	asked.Mine, asked.Status, asked.Day, asked.CanRevoke = true, "read", true, true
	answer.Reactions = []messageviews.Reaction{{Emoji: "👍", Count: 1, Mine: true, Who: "Bu Sari"}}
	picture.Kind, picture.File = "image", &messageviews.File{MIME: "image/jpeg", Size: 9120, Width: 320, Height: 240, Picture: "data:image/gif;base64,R0lGODlhAQABAAAAACw="}
	poll.Kind, poll.Poll = "poll", &messageviews.Poll{Question: "Diambil hari apa?", CanVote: true, Voters: 1, Options: []messageviews.PollOption{{Text: "Senin", Votes: 1, Mine: true}, {Text: "Selasa"}}}
	open := messageviews.Conversation{
		Row:  messageviews.Row{ID: "1@lid", Name: "Toko Utama", Number: "6281234567890", At: at, Now: at, Unread: 2, Last: poll},
		Base: base, Typing: true, Bubbles: []messageviews.Bubble{asked, answer, picture, poll},
		Composer: messageviews.Composer{Base: base, ChatID: "1@lid", Can: true, Picture: true},
	}
	return messageviews.PhonePage{
		Page: page, Number: "6281234567891", Name: "Bu Sari", Platform: "android", Open: &open, Events: "/events?page=phone&phone=6281234567891&chat=1@lid",
		List: messageviews.List{Base: base, OpenID: "1@lid", Rows: []messageviews.Row{open.Row, {ID: "2@lid", Name: "Bu Sari", Self: true}, {ID: "3@lid", Name: "Budi"}}},
	}
}

// Composers are where somebody writes, in each state, by name.
func Composers(at time.Time, lang views.Lang) map[string]messageviews.Composer {
	reply := Bubbles(at)[0]
	base := messageviews.Composer{Base: messageviews.ChatsOf("d1"), ChatID: "c1", Can: true}
	with := func(change func(*messageviews.Composer)) messageviews.Composer {
		c := base
		change(&c)
		return c
	}
	return map[string]messageviews.Composer{
		"ready":   base,
		"reply":   with(func(c *messageviews.Composer) { c.Reply = &reply }),
		"offline": with(func(c *messageviews.Composer) { c.Offline = true }),
		"problem": with(func(c *messageviews.Composer) { c.Text, c.Problem = "x", lang.Invalid("message_too_long") }),
		"closed":  {Base: messageviews.ChatsOf("d1"), ChatID: "c1", Why: messageviews.NotLinked},
	}
}

// Bubbles are messages of each kind and in each state, oldest first.
func Bubbles(at time.Time) []messageviews.Bubble {
	n := 0
	made := func(b messageviews.Bubble) messageviews.Bubble {
		b.ID, b.Base, b.ChatID, b.CanAct = "m"+string(rune('A'+n)), messageviews.ChatsOf("d1"), "c1", true
		b.At = at.Add(time.Duration(n-40) * time.Minute)
		n++
		if !b.Mine && b.Sender == "" {
			b.Sender = "Bu Sari"
		}
		if b.Kind == "" {
			b.Kind = "text"
		}
		return b
	}
	mine := func(status, text string) messageviews.Bubble {
		return messageviews.Bubble{Mine: true, Status: status, Text: text, By: messageviews.Author{Kind: "panel", Name: "rina"}}
	}
	quoting := mine("read", "Masih, ukuran L dan XL.")
	quoting.Quote = &messageviews.Quote{Sender: "Bu Sari", Kind: "text", Text: "Apakah batik biru masih ada?"}
	quoting.Reactions = []messageviews.Reaction{{Emoji: "🙏", Count: 1, Who: "Bu Sari"}, {Emoji: "👍", Count: 2, Mine: true, Who: "Rina, Bu Sari"}}
	program := mine("delivered", "Pesanan 1042 diterima.")
	program.By = messageviews.Author{Kind: "api", Name: "Toko online"}
	phone := mine("sent", "Saya cek dulu.")
	phone.By = messageviews.Author{Kind: "phone"}
	failed := mine("failed", "Sudah dikirim.")
	failed.Error, failed.Code, failed.CanRepeat = "rate_limited", 429, true
	list := []messageviews.Bubble{
		{Text: "Apakah batik biru masih ada?", Day: true},
		quoting,
		phone,
		{Kind: "image", Text: "Yang seperti ini", File: &messageviews.File{MIME: "image/jpeg", Size: 183_204, Width: 1280, Height: 960}},
		{Kind: "voice", File: &messageviews.File{MIME: "audio/ogg", Size: 9120, Seconds: 7}},
		{Kind: "document", File: &messageviews.File{Name: "Bukti transfer.pdf", MIME: "application/pdf", Size: 2_450_000, Pages: 2}, Forwarded: true},
		{Kind: "location", Place: &messageviews.Place{Name: "Pasar Baru", Address: "Jl. Otto Iskandardinata 70", Latitude: -6.91745, Longitude: 107.60446}},
		{Kind: "contact", Cards: []messageviews.Card{{Name: "Kurir Andi", Numbers: []string{"6281298765432"}}}},
		{Kind: "poll", Poll: &messageviews.Poll{Question: "Diambil hari apa?", Voters: 3, Options: []messageviews.PollOption{{Text: "Senin", Votes: 2}, {Text: "Selasa", Votes: 1}}}},
		{Text: "Diubah: dua potong", Edited: true},
		{Revoked: true},
		{Lacking: true},
		{Kind: "image", Gone: true},
		{Kind: "unknown"},
		{Kind: "image", ViewOnce: true, File: &messageviews.File{MIME: "image/jpeg"}},
		{Kind: "system", Note: "timer"},
		program,
		mine("queued", "Kami hubungi lagi."),
		failed,
	}
	for i := range list {
		list[i] = made(list[i])
	}
	group := made(messageviews.Bubble{Text: "Di grup ada namanya.", Named: true, Sender: "Pak Budi"})
	return append(list, group)
}
