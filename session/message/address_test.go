package message_test

import (
	"strings"
	"testing"

	"wadah/session/message"
)

func TestPartyOf(t *testing.T) {
	budi := message.Party{LID: "101@lid", PN: "62811000101@s.whatsapp.net"}
	for name, c := range map[string]struct {
		jids []string
		want message.Party
	}{
		"both":                {[]string{"62811000101@s.whatsapp.net", "101@lid"}, budi},
		"with devices":        {[]string{"62811000101:12@s.whatsapp.net", "101:3@lid"}, budi},
		"with agent":          {[]string{"62811000101.0:12@s.whatsapp.net"}, message.Party{PN: budi.PN}},
		"as old programs do":  {[]string{"62811000101@c.us"}, message.Party{PN: budi.PN}},
		"hosted":              {[]string{"62811000101@hosted", "101@hosted.lid"}, budi},
		"a bot":               {[]string{"867051314767696@bot"}, message.Party{Other: "867051314767696@bot"}},
		"a group is nobody":   {[]string{"120363@g.us", "status@broadcast"}, message.Party{}},
		"nothing":             {[]string{"", "@", "@lid", "101", "101@"}, message.Party{}},
		"no digits":           {[]string{"budi@lid", "+62811@s.whatsapp.net", "١٢@lid", "1 2@lid"}, message.Party{}},
		"too long":            {[]string{strings.Repeat("1", 21) + "@lid", strings.Repeat("a", 129) + "@bot"}, message.Party{}},
		"with a NUL":          {[]string{"101\x00@lid", "a\x00@bot", "a@b\nc"}, message.Party{}},
		"with two servers":    {[]string{"101@lid@s.whatsapp.net"}, message.Party{}},
		"one of both is junk": {[]string{"101@lid", "x@s.whatsapp.net"}, message.Party{LID: budi.LID}},
	} {
		if got := message.PartyOf(c.jids...); got != c.want {
			t.Errorf("%s: %q is %+v, want %+v", name, c.jids, got, c.want)
		}
	}
}

func TestParty(t *testing.T) {
	whole := message.Party{LID: "101@lid", PN: "62811000101@s.whatsapp.net"}
	byLID, byNumber, bot := message.Party{LID: whole.LID}, message.Party{PN: whole.PN}, message.Party{Other: "1@bot"}
	for _, c := range []struct {
		p               message.Party
		lid, pn, number string
	}{
		{whole, whole.LID, whole.PN, "62811000101"},
		{byLID, whole.LID, whole.LID, ""},
		{byNumber, whole.PN, whole.PN, "62811000101"},
		{bot, "1@bot", "1@bot", ""},
		{message.Party{}, "", "", ""},
	} {
		if c.p.Key() != c.lid || c.p.In(message.AddressingLID) != c.lid || c.p.In(message.AddressingPN) != c.pn || c.p.Number() != c.number {
			t.Errorf("%+v is called %q and %q, its number %q", c.p, c.p.Key(), c.p.In(message.AddressingPN), c.p.Number())
		}
		if c.p.Known() != (c.lid != "") {
			t.Errorf("%+v is known: %v", c.p, c.p.Known())
		}
	}
	if !whole.Is(byLID) || !whole.Is(byNumber) || !bot.Is(bot) || byLID.Is(byNumber) || whole.Is(bot) || (message.Party{}).Is(message.Party{}) {
		t.Error("who is who is confused")
	}
	if got := byLID.With(byNumber); got != whole {
		t.Errorf("both addresses together are %+v", got)
	}
	if got := whole.With(message.Party{LID: "9@lid", PN: "9@s.whatsapp.net", Other: "1@bot"}); got.LID != whole.LID || got.PN != whole.PN {
		t.Errorf("what was known was replaced: %+v", got)
	}
}

func TestChatAt(t *testing.T) {
	budi := message.Party{LID: "101@lid", PN: "62811000101@s.whatsapp.net"}
	for jid, want := range map[string]message.Chat{
		"120363041234567890@g.us":    {Kind: message.ChatGroup, JID: "120363041234567890@g.us"},
		"62811-1400000000@g.us":      {Kind: message.ChatGroup, JID: "62811-1400000000@g.us"},
		"status@broadcast":           {Kind: message.ChatStatus, JID: "status@broadcast"},
		"1600000000@broadcast":       {Kind: message.ChatBroadcast, JID: "1600000000@broadcast"},
		"120363@newsletter":          {Kind: message.ChatNewsletter, JID: "120363@newsletter"},
		"62811000101@s.whatsapp.net": {Kind: message.ChatPerson, Person: budi},
		"1@bot":                      {Kind: message.ChatPerson, Person: message.Party{LID: budi.LID, Other: "1@bot"}},
		"":                           {Kind: message.ChatPerson, Person: message.Party{LID: budi.LID}},
	} {
		if got := message.ChatAt(jid, budi.LID); got != want {
			t.Errorf("%q is %+v, want %+v", jid, got, want)
		}
	}
	if got := message.ChatAt("120363041234567890@g.us").Key(); got != "120363041234567890@g.us" {
		t.Errorf("a group is stored under %q", got)
	}
	if got := message.ChatWith(budi).Key(); got != budi.LID {
		t.Errorf("a person is stored under %q", got)
	}
}

// FuzzAddress: programs and strangers write addresses. What is taken for one is short,
// printable and stays what it is.
func FuzzAddress(f *testing.F) {
	for _, s := range []string{"62811000101:12@s.whatsapp.net", "101@lid", "1@bot", "x@g.us", "\x00@lid", "a.b:c@d", "@"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		p := message.PartyOf(s)
		for _, jid := range []string{p.LID, p.PN, p.Other, message.ChatAt(s).Key()} {
			if len(jid) > message.MaxAddress+message.MaxServer+1 || strings.ContainsFunc(jid, func(c rune) bool { return c <= ' ' || c > '~' }) {
				t.Errorf("%q became %q", s, jid)
			}
		}
		if again := message.PartyOf(p.Key()); again != p {
			t.Errorf("%q became %+v, then %+v", s, p, again)
		}
		if c := message.ChatAt(s); message.ChatAt(c.Key()) != c {
			t.Errorf("the chat of %q became %+v, then %+v", s, c, message.ChatAt(c.Key()))
		}
	})
}
