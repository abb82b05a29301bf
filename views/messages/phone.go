package messages

import (
	"context"
	"net/url"

	"wadah/views"
)

// PhonePage is the chats of a virtual phone, and one of them when it is open: what a person
// sees who holds it in the hand.
//
//	GET  /phones/NUMBER/chats             the chats, and whom else one can write to
//	GET  /phones/NUMBER/chats/CHAT        one chat; reply: the message to answer (to htmx the
//	                                      composer alone)
//	POST /phones/NUMBER/chats/CHAT/send   text, reply; picture: a sample picture, with text below
//	POST /phones/NUMBER/chats/CHAT/react  message, emoji
//	POST /phones/NUMBER/chats/CHAT/vote   message, option
//	POST /phones/NUMBER/chats/CHAT/revoke message
//	POST /phones/NUMBER/chats/CHAT/seen   reads what is unread: blue ticks
//	GET  /phones/NUMBER/chats/CHAT/media  id: the picture of a message
//
// Its stream is /events?page=phone&phone=NUMBER&chat=CHAT. data-testid: as on MessagesPage,
// and phone-chats, composer-picture, message-vote, message-revoke.
type PhonePage struct {
	views.Page
	Number   string
	Name     string
	Platform string
	Online   bool // the phone has a network
	List     List
	Open     *Conversation // nil: none is
	Events   string
}

// ChatsOfPhone is the address of a virtual phone's chats.
func ChatsOfPhone(number string) string { return "/phones/" + url.PathEscape(number) + "/chats" }

func (p PhonePage) frame() views.Frame {
	return views.Frame{
		Title: p.Lang.T("phones.chat.title", "Name", p.Name), Menu: views.MenuPhones, Events: p.Events,
		Styles: []string{"css/messages.css"}, Scripts: []string{"js/messages.js"},
	}
}

// PhonePartials bring a phone's page up to date: the list, and the chat that is open.
func PhonePartials(ctx context.Context, p PhonePage) (parts [][]byte, err error) {
	rows, err := RowsPartial(ctx, p.Lang, p.List)
	if err != nil || p.Open == nil {
		return [][]byte{rows}, err
	}
	bubbles, err := BubblesPartial(ctx, p.Lang, *p.Open)
	if err != nil {
		return nil, err
	}
	seen, err := SeenPartial(ctx, p.Lang, *p.Open)
	if err != nil {
		return nil, err
	}
	presence, err := views.Partial(ctx, "#chat-presence", "outerMorph", Presence(p.Lang, *p.Open))
	return [][]byte{rows, bubbles, seen, presence}, err
}
