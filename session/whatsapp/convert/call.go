package convert

import (
	waBinary "go.mau.fi/whatsmeow/binary"
	"go.mau.fi/whatsmeow/types"
	"go.mau.fi/whatsmeow/types/events"

	"wadah/session/message"
)

// Call gives the step of a call that an event tells of. The library's other events of
// calls are about their technique.
func (c *Converter) Call(event any) []message.Call {
	switch e := event.(type) {
	case *events.CallOffer:
		call := c.call(&e.BasicCallMeta, message.CallOffered)
		call.Video = hasChild(e.Data, "video")
		return []message.Call{call}
	case *events.CallOfferNotice:
		call := c.call(&e.BasicCallMeta, message.CallOffered)
		call.Video = e.Media == "video"
		return []message.Call{call}
	case *events.CallAccept:
		return []message.Call{c.call(&e.BasicCallMeta, message.CallAccepted)}
	case *events.CallReject:
		return []message.Call{c.call(&e.BasicCallMeta, message.CallRejected)}
	case *events.CallTerminate:
		call := c.call(&e.BasicCallMeta, message.CallEnded)
		call.Why = name(e.Reason)
		return []message.Call{call}
	}
	return nil
}

func (c *Converter) call(meta *types.BasicCallMeta, step message.CallStep) message.Call {
	call := message.Call{
		ID:   id(meta.CallID),
		From: c.party(meta.CallCreator, meta.CallCreatorAlt),
		By:   c.party(meta.From),
		Step: step,
		At:   cleanTime(meta.Timestamp),
	}
	if group := message.ChatAt(address(meta.GroupJID)); group.Kind == message.ChatGroup {
		call.Group = group.JID
	}
	if !call.From.Known() {
		call.From = call.By
	}
	if call.By.Is(call.From) {
		call.By = call.By.With(call.From)
	}
	call.FromMe = call.From.Is(c.Self)
	return call
}

// hasChild looks for a child by itself: the library's search gives the node where there
// is none.
func hasChild(node *waBinary.Node, tag string) bool {
	if node == nil {
		return false
	}
	for _, child := range node.GetChildren() {
		if child.Tag == tag {
			return true
		}
	}
	return false
}
