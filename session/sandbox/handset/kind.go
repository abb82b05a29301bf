package handset

import (
	waBinary "go.mau.fi/whatsmeow/binary"
	"go.mau.fi/whatsmeow/proto/waE2E"
	"go.mau.fi/whatsmeow/types/events"

	"wadah/session/sandbox/stanza"
)

// What WhatsApp wants to know of a message although it cannot read it: its type, the kind
// of its attachment, and whether a device that cannot decrypt it should say so.

// inner takes a message out of what it may be wrapped in.
func inner(m *waE2E.Message) *waE2E.Message {
	for {
		var next *waE2E.Message
		switch {
		case m.GetEphemeralMessage().GetMessage() != nil:
			next = m.GetEphemeralMessage().GetMessage()
		case m.GetViewOnceMessage().GetMessage() != nil:
			next = m.GetViewOnceMessage().GetMessage()
		case m.GetViewOnceMessageV2().GetMessage() != nil:
			next = m.GetViewOnceMessageV2().GetMessage()
		case m.GetViewOnceMessageV2Extension().GetMessage() != nil:
			next = m.GetViewOnceMessageV2Extension().GetMessage()
		case m.GetDocumentWithCaptionMessage().GetMessage() != nil:
			next = m.GetDocumentWithCaptionMessage().GetMessage()
		case m.GetEditedMessage().GetMessage() != nil:
			next = m.GetEditedMessage().GetMessage()
		default:
			return m
		}
		m = next
	}
}

// viewOnce says whether a message is to be looked at once.
func viewOnce(m *waE2E.Message) bool {
	if wrapped := m.GetEphemeralMessage().GetMessage(); wrapped != nil {
		m = wrapped
	}
	return m.ViewOnceMessage != nil || m.ViewOnceMessageV2 != nil || m.ViewOnceMessageV2Extension != nil ||
		m.GetImageMessage().GetViewOnce() || m.GetVideoMessage().GetViewOnce() || m.GetAudioMessage().GetViewOnce()
}

func typeOf(message *waE2E.Message) string {
	m := inner(message)
	switch {
	case m.ReactionMessage != nil:
		return "reaction"
	case m.PollCreationMessage != nil, m.PollCreationMessageV3 != nil, m.PollUpdateMessage != nil:
		return "poll"
	case mediaTypeOf(m) != "":
		return "media"
	default:
		return "text"
	}
}

func mediaTypeOf(message *waE2E.Message) string {
	m := inner(message)
	switch {
	case m.ImageMessage != nil:
		return "image"
	case m.VideoMessage != nil:
		return "video"
	case m.StickerMessage != nil:
		return "sticker"
	case m.DocumentMessage != nil:
		return "document"
	case m.GetAudioMessage().GetPTT():
		return "ptt"
	case m.AudioMessage != nil:
		return "audio"
	case m.ContactMessage != nil:
		return "vcard"
	case m.LocationMessage != nil:
		return "location"
	default:
		return ""
	}
}

func encAttrs(out parcel) waBinary.Attrs {
	attrs := waBinary.Attrs{}
	if kind := mediaTypeOf(out.message); kind != "" {
		attrs["mediatype"] = kind
	}
	if out.edit != "" || out.message.ReactionMessage != nil || out.message.PollUpdateMessage != nil {
		attrs["decrypt-fail"] = string(events.DecryptFailHide)
	}
	return attrs
}

// metaOf are the parts of a stanza that describe polls.
func metaOf(message *waE2E.Message) []waBinary.Node {
	switch m := inner(message); {
	case m.PollUpdateMessage != nil:
		return []waBinary.Node{stanza.New("meta", waBinary.Attrs{"polltype": "vote"})}
	case m.PollCreationMessage != nil, m.PollCreationMessageV3 != nil:
		return []waBinary.Node{stanza.New("meta", waBinary.Attrs{"polltype": "creation"})}
	default:
		return nil
	}
}
