package message_test

import (
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"wadah/session/message"
)

func TestCheck(t *testing.T) {
	budi := message.ChatWith(message.Party{LID: "101@lid"})
	group := message.ChatAt("120363@g.us")
	ours, theirs := &message.Ref{ID: "1", FromMe: true}, &message.Ref{ID: "1"}
	file := &message.Media{DirectPath: "/x", Key: []byte{1}, SHA256: []byte{1}, EncSHA256: []byte{1}}
	poll := func(most int, options ...string) message.Outgoing {
		return message.Outgoing{To: budi, Content: message.Content{
			Kind: message.KindPoll, Poll: &message.Poll{Question: "?", Options: options, Most: most},
		}}
	}
	to := func(c message.Content) message.Outgoing { return message.Outgoing{To: budi, Content: c} }
	changed := func(target *message.Ref, kind message.Kind, text string) message.Outgoing {
		return to(message.Content{Kind: message.KindEdit, Target: target, New: &message.Content{Kind: kind, Text: text}})
	}
	contacts := func(list ...message.Contact) message.Outgoing {
		return to(message.Content{Kind: message.KindContact, Contacts: list})
	}
	many := strings.Split(strings.Repeat("x,", 12)+"x", ",")
	for i := range many {
		many[i] += strings.Repeat("y", i)
	}
	for name, c := range map[string]struct {
		out     message.Outgoing
		field   string
		problem message.Problem
	}{
		"text":               {to(message.Content{Kind: message.KindText, Text: "halo"}), "", ""},
		"to nobody":          {message.Outgoing{Content: message.Content{Kind: message.KindText, Text: "halo"}}, "to", message.ProblemMissing},
		"no text":            {to(message.Content{Kind: message.KindText}), "text", message.ProblemMissing},
		"long text":          {to(message.Content{Kind: message.KindText, Text: strings.Repeat("a", message.MaxText+1)}), "text", message.ProblemTooLong},
		"text with a NUL":    {to(message.Content{Kind: message.KindText, Text: "a\x00"}), "text", message.ProblemBadText},
		"text not UTF-8":     {to(message.Content{Kind: message.KindText, Text: "\xff"}), "text", message.ProblemBadText},
		"quote of nothing":   {to(message.Content{Kind: message.KindText, Text: "a", Quote: &message.Quote{}}), "quote", message.ProblemMissing},
		"many mentions":      {to(message.Content{Kind: message.KindText, Text: "a", Mentions: make([]message.Party, 1025)}), "mentions", message.ProblemTooMany},
		"file":               {to(message.Content{Kind: message.KindImage, Media: file}), "", ""},
		"no file":            {to(message.Content{Kind: message.KindImage}), "media", message.ProblemMissing},
		"file not uploaded":  {to(message.Content{Kind: message.KindImage, Media: &message.Media{}}), "media", message.ProblemMissing},
		"place":              {to(message.Content{Kind: message.KindLocation, Location: &message.Location{Latitude: -90, Longitude: 180}}), "", ""},
		"no place":           {to(message.Content{Kind: message.KindLocation}), "location", message.ProblemMissing},
		"place beyond":       {to(message.Content{Kind: message.KindLocation, Location: &message.Location{Latitude: 90.1}}), "location", message.ProblemRange},
		"place that is none": {to(message.Content{Kind: message.KindLocation, Location: &message.Location{Longitude: math.NaN()}}), "location", message.ProblemRange},
		"long name of place": {to(message.Content{Kind: message.KindLocation, Location: &message.Location{Name: strings.Repeat("a", 257)}}), "location", message.ProblemTooLong},
		"contact":            {contacts(message.Contact{Name: "Budi", Numbers: []string{"62811"}}), "", ""},
		"card":               {contacts(message.Contact{VCard: "BEGIN:VCARD"}), "", ""},
		"no contact":         {contacts(), "contacts", message.ProblemMissing},
		"nameless contact":   {contacts(message.Contact{Numbers: []string{"62811"}}), "contacts", message.ProblemMissing},
		"many contacts":      {contacts(make([]message.Contact, 257)...), "contacts", message.ProblemTooMany},
		"long number":        {contacts(message.Contact{Name: "Budi", Numbers: []string{strings.Repeat("1", 300)}}), "contacts", message.ProblemTooLong},
		"poll":               {poll(0, "Ya", "Tidak"), "", ""},
		"poll without":       {to(message.Content{Kind: message.KindPoll}), "poll", message.ProblemMissing},
		"poll of one":        {poll(0, "Ya"), "poll", message.ProblemTooFew},
		"poll of many":       {poll(0, many...), "poll", message.ProblemTooMany},
		"poll, same twice":   {poll(0, "Ya", "Ya"), "poll", message.ProblemTwice},
		"poll, empty option": {poll(0, "Ya", ""), "poll", message.ProblemMissing},
		"poll, long option":  {poll(0, "Ya", strings.Repeat("é", 101)), "poll", message.ProblemTooLong},
		"poll, full option":  {poll(2, "Ya", strings.Repeat("é", 100)), "", ""},
		"poll, choose three": {poll(3, "Ya", "Tidak"), "poll", message.ProblemRange},
		"poll, choose -1":    {poll(-1, "Ya", "Tidak"), "poll", message.ProblemRange},
		"reaction":           {to(message.Content{Kind: message.KindReaction, Target: theirs}), "", ""},
		"reaction to none":   {to(message.Content{Kind: message.KindReaction, Emoji: "x"}), "target", message.ProblemMissing},
		"long reaction":      {to(message.Content{Kind: message.KindReaction, Target: theirs, Emoji: strings.Repeat("x", 65)}), "emoji", message.ProblemTooLong},
		"revoke":             {to(message.Content{Kind: message.KindRevoke, Target: ours}), "", ""},
		"revoke theirs":      {to(message.Content{Kind: message.KindRevoke, Target: theirs}), "target", message.ProblemUnsendable},
		"revoke as admin":    {message.Outgoing{To: group, Content: message.Content{Kind: message.KindRevoke, Target: theirs}}, "", ""},
		"revoke nothing":     {to(message.Content{Kind: message.KindRevoke}), "target", message.ProblemMissing},
		"edit":               {changed(ours, message.KindText, "baru"), "", ""},
		"edit a caption":     {changed(ours, message.KindImage, "baru"), "", ""},
		"edit theirs":        {changed(theirs, message.KindText, "baru"), "target", message.ProblemUnsendable},
		"edit into nothing":  {changed(ours, message.KindText, ""), "new", message.ProblemMissing},
		"edit a poll":        {changed(ours, message.KindPoll, "baru"), "new", message.ProblemUnsendable},
		"vote":               {to(message.Content{Kind: message.KindVote, Target: theirs}), "kind", message.ProblemUnsendable},
		"of no kind":         {to(message.Content{}), "kind", message.ProblemUnsendable},
		"forward":            {message.Outgoing{To: budi, Forward: theirs, Original: []byte("x")}, "", ""},
		"forward of nothing": {message.Outgoing{To: budi, Forward: theirs}, "original", message.ProblemMissing},
	} {
		t.Run(name, func(t *testing.T) {
			err := c.out.Check()
			if c.field == "" {
				if err != nil {
					t.Fatalf("it is refused: %v", err)
				}
				return
			}
			var invalid *message.Invalid
			if !errors.As(err, &invalid) || *invalid != (message.Invalid{Field: c.field, Problem: c.problem}) {
				t.Errorf("it is answered with %v, want %s is %s", err, c.field, c.problem)
			}
		})
	}
}

// A vote names options by hash; what was cleaned for keeping is found by what was sent.
func TestChosen(t *testing.T) {
	poll := message.Poll{
		Question: "Makan?", Options: []string{"Padang", "Soto"},
		Hashes: []string{message.OptionHash("Padang"), message.OptionHash("So\u202eto")},
	}
	got := poll.Chosen([]string{message.OptionHash("So\u202eto"), message.OptionHash("Sate"), message.OptionHash("Padang")})
	if diff := cmp.Diff([]string{"Soto", message.OptionHash("Sate"), "Padang"}, got); diff != "" {
		t.Errorf("chosen differs (-want +got):\n%s", diff)
	}
	ours := message.Poll{Options: []string{"Ya", "Tidak"}} // as it was sent, without hashes
	if got := ours.Chosen([]string{message.OptionHash("Tidak")}); len(got) != 1 || got[0] != "Tidak" {
		t.Errorf("of our own poll %q was chosen", got)
	}
}

func TestAboutAnother(t *testing.T) {
	for kind, want := range map[message.Kind]bool{
		message.KindReaction: true, message.KindEdit: true, message.KindRevoke: true, message.KindVote: true, message.KindPin: true,
		message.KindKeep: true, message.KindText: false, message.KindUnknown: false, message.KindPoll: false, "something": false,
	} {
		if got := kind.AboutAnother(); got != want {
			t.Errorf("%s is about another: %v", kind, got)
		}
	}
}
