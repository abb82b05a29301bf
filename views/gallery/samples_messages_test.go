package gallery_test

import (
	"github.com/a-h/templ"

	"wadah/views"
	"wadah/views/gallery"
	messageviews "wadah/views/messages"
)

func messagesPage(lang views.Lang) messageviews.MessagesPage {
	return gallery.Messages(noon, page(lang))
}

// messagePages are the pages of conversations worth looking at, by file name.
func messagePages(lang views.Lang) map[string]templ.Component {
	list := messagesPage(lang)
	list.Open, list.List.OpenID = nil, ""
	empty := list
	empty.List.Rows = nil
	closed := list
	closed.Closed, closed.Events, closed.Counts = true, "", []messageviews.Count{{N: 41}, {Status: "read", N: 12}, {Status: "failed", N: 1}}
	offline := messagesPage(lang)
	open := *offline.Open
	open.Composer = gallery.Composers(noon, lang)["offline"]
	offline.Open = &open
	return map[string]templ.Component{
		"messages":         messageviews.Messages(messagesPage(lang)),
		"messages-list":    messageviews.Messages(list),
		"messages-empty":   messageviews.Messages(empty),
		"messages-closed":  messageviews.Messages(closed),
		"messages-offline": messageviews.Messages(offline),
		"messages-phone":   messageviews.Phone(gallery.PhoneChats(noon, page(lang))),
	}
}

// messageFragments are what the stream of conversations brings.
func messageFragments(lang views.Lang) map[string]templ.Component {
	p := messagesPage(lang)
	found := p.List
	p.List.More, p.Open.Older = "1700000000000.c4", "m1"
	found.Search, found.Rows = "zzz", nil
	all := map[string]templ.Component{
		"chats": messageviews.ChatList(lang, p.List), "chats-none": messageviews.ChatList(lang, found),
		"bubbles": messageviews.Bubbles(lang, *p.Open), "chat-seen": messageviews.Seen(lang, *p.Open),
	}
	for name, c := range gallery.Composers(noon, lang) {
		all["composer-"+name] = messageviews.ComposerForm(lang, c)
	}
	return all
}
