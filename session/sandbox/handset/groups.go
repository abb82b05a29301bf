package handset

import (
	"context"
	"fmt"
	"strings"
	"time"

	waBinary "go.mau.fi/whatsmeow/binary"
	"go.mau.fi/whatsmeow/types"

	"wadah/session/sandbox/chat"
	"wadah/session/sandbox/stanza"
)

// groupInfo is what a phone has to know of a group to write in it.
type groupInfo struct {
	mode    types.AddressingMode
	members []types.JID          // LIDs
	numbers map[string]types.JID // phone numbers by user part of the LID
}

// address is how the group addresses a device.
func (g *groupInfo) address(device types.JID) types.JID {
	if g.mode != types.AddressingModePN {
		return device
	}
	number := g.numbers[device.User]
	number.Device = device.Device
	return number
}

// groupInfo asks for the members of a group.
func (p *Phone) groupInfo(group types.JID) (*groupInfo, error) {
	answer, ok := p.ask("w:g2", "get", group, stanza.New("query", waBinary.Attrs{"request": "interactive"}))
	if !ok {
		return nil, fmt.Errorf("%w: the phone is not in this group", ErrRecipient)
	}
	node := stanza.Child(&answer, "group")
	info := &groupInfo{mode: types.AddressingMode(stanza.Attr(&node, "addressing_mode")), numbers: make(map[string]types.JID)}
	p.book.Describe(group.String(), "", stanza.Attr(&node, "subject"), true)
	for _, member := range node.GetChildren() {
		if member.Tag != "participant" {
			continue
		}
		jid := stanza.JID(&member, "jid")
		lid, known := p.cfg.Router.LID(jid)
		number, _ := p.cfg.Router.Number(jid)
		if known {
			info.members = append(info.members, lid)
			info.numbers[lid.User] = number
		}
	}
	return info, nil
}

// CreateGroup makes a group of people, who are named by number or address, and returns
// its address.
func (p *Phone) CreateGroup(_ context.Context, subject string, people []string) (string, error) {
	children := []waBinary.Node{}
	for _, one := range people {
		jid, err := p.Resolve(one)
		if err != nil {
			return "", err
		}
		children = append(children, stanza.New("participant", waBinary.Attrs{"jid": jid}))
	}
	answer, ok := p.ask("w:g2", "set", types.GroupServerJID, stanza.New("create", waBinary.Attrs{"subject": subject}, children...))
	if !ok {
		return "", p.refused(&answer)
	}
	group := stanza.Child(&answer, "group")
	return types.NewJID(stanza.Attr(&group, "id"), types.GroupServer).String(), nil
}

// ChangeGroup does something in a group: add, remove, promote or demote people; leave;
// or set the subject, the description, or who may write (announcement, not_announcement,
// locked, unlocked).
func (p *Phone) ChangeGroup(_ context.Context, group, change string, people []string, value string) error {
	jid, err := p.Resolve(group)
	if err != nil {
		return err
	}
	node := stanza.New(change, nil)
	switch change {
	case "add", "remove", "promote", "demote":
		for _, one := range people {
			person, err := p.Resolve(one)
			if err != nil {
				return err
			}
			node.Content = append(node.GetChildren(), stanza.New("participant", waBinary.Attrs{"jid": person}))
		}
	case "leave":
		node.Content = []waBinary.Node{stanza.New("group", waBinary.Attrs{"id": jid})}
		jid = types.GroupServerJID
	case "subject":
		node.Content = []byte(value)
	case "description":
		node.Content = []waBinary.Node{stanza.Blob("body", []byte(value))}
	case "announcement", "not_announcement", "locked", "unlocked":
	default:
		return fmt.Errorf("%w: a group has no change %q", ErrContent, change)
	}
	if answer, ok := p.ask("w:g2", "set", jid, node); !ok {
		return p.refused(&answer)
	}
	return nil
}

// refused says why a request was not answered.
func (p *Phone) refused(answer *waBinary.Node) error {
	if answer.Tag == "" {
		return ErrOffline
	}
	e := stanza.Child(answer, "error")
	return fmt.Errorf("%w: WhatsApp answers %s %s", ErrContent, stanza.Attr(&e, "code"), stanza.Attr(&e, "text"))
}

// takeGroupNotice shows what has changed in a group.
func (p *Phone) takeGroupNotice(node *waBinary.Node) {
	group := stanza.JID(node, "from")
	who, _ := p.cfg.Router.LID(stanza.JID(node, "participant"))
	for _, change := range node.GetChildren() {
		notice := chat.Message{
			ID: stanza.Attr(node, "id"), Chat: group.String(), Sender: who.ToNonAD().String(), Name: stanza.Attr(node, "notify"),
			Time: time.Now().UTC(), Kind: chat.Notice, Text: noticeText(&change), FromMe: who.User == p.lid.User,
		}
		if change.Tag == "create" {
			created := stanza.Child(&change, "group")
			p.book.Describe(group.String(), "", stanza.Attr(&created, "subject"), true)
		}
		if change.Tag == "subject" {
			p.book.Describe(group.String(), "", stanza.Attr(&change, "subject"), true)
		}
		if change.Tag == "remove" {
			p.signal.NewGroupKey(group, p.lid) // who has left must not read on
		}
		p.book.Add(notice)
	}
}

// noticeText says what a change is: its name, and whom or what it is about.
func noticeText(change *waBinary.Node) string {
	words := []string{change.Tag}
	for _, child := range change.GetChildren() {
		if child.Tag == "participant" {
			words = append(words, stanza.JID(&child, "jid").String())
		}
	}
	if subject := stanza.Attr(change, "subject"); subject != "" {
		words = append(words, subject)
	}
	if body := stanza.Content(change, "body"); len(body) > 0 {
		words = append(words, string(body))
	}
	return strings.Join(words, " ")
}
