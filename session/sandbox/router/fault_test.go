package router_test

import (
	"errors"
	"strconv"
	"strings"
	"testing"
	"time"

	"go.mau.fi/whatsmeow"
	"go.mau.fi/whatsmeow/types"
	"go.mau.fi/whatsmeow/types/events"

	"wadah/session/sandbox"
	"wadah/session/sandbox/chat"
	"wadah/session/sandbox/handset"
	"wadah/session/sandbox/router"
	"wadah/session/sandbox/sandboxtest"
)

func (w *world) inject(target string, fault sandbox.Fault) {
	w.t.Helper()
	if err := w.s.Inject(target, fault); err != nil {
		w.t.Fatal(err)
	}
}

// write lets the phone of b write to a.
func (w *world) write(words string) chat.Message {
	w.t.Helper()
	sent, err := w.budi.Write(w.t.Context(), sandboxtest.PhoneA, handset.Draft{Text: words})
	if err != nil {
		w.t.Fatal(err)
	}
	return sent
}

func TestMessagesAreRefusedOnPurpose(t *testing.T) {
	w := newWorld(t)
	for _, code := range []int{429, 463, 479} {
		w.inject(sandboxtest.PhoneA, sandbox.Fault{Kind: sandbox.FaultMessageRefused, Reason: code})
		_, err := w.a.SendMessage(t.Context(), number(sandboxtest.PhoneB), text("no"))
		if !errors.Is(err, whatsmeow.ErrServerReturnedError) || !strings.HasSuffix(err.Error(), " "+strconv.Itoa(code)) {
			t.Errorf("want %d, got %v", code, err)
		}
	}
	if _, err := w.a.SendMessage(t.Context(), number(sandboxtest.PhoneB), text("yes")); err != nil {
		t.Errorf("after the faults: %v", err)
	}
}

func TestAcknowledgementsGoAstray(t *testing.T) {
	w := newWorld(t)
	soon := whatsmeow.SendRequestExtra{Timeout: 200 * time.Millisecond}
	w.inject(sandboxtest.PhoneA, sandbox.Fault{Kind: sandbox.FaultAckLost})
	if _, err := w.a.SendMessage(t.Context(), number(sandboxtest.PhoneB), text("lost"), soon); !errors.Is(err, whatsmeow.ErrMessageTimedOut) {
		t.Errorf("without an acknowledgement: %v", err)
	}
	sandboxtest.WaitUntil(w.b, messageWith("lost"))
	w.inject(sandboxtest.PhoneA, sandbox.Fault{Kind: sandbox.FaultAckDouble})
	if _, err := w.a.SendMessage(t.Context(), number(sandboxtest.PhoneB), text("double")); err != nil {
		t.Errorf("acknowledged twice: %v", err)
	}
	w.inject(sandboxtest.PhoneA, sandbox.Fault{Kind: sandbox.FaultAckLate, Latency: 300 * time.Millisecond})
	began := time.Now()
	if _, err := w.a.SendMessage(t.Context(), number(sandboxtest.PhoneB), text("late")); err != nil || time.Since(began) < 300*time.Millisecond {
		t.Errorf("acknowledged late: %v after %s", err, time.Since(began))
	}
	// A phone does not wait for ever: it shows one tick when the acknowledgement comes.
	w.inject(sandboxtest.PhoneB, sandbox.Fault{Kind: sandbox.FaultAckLate, Latency: time.Second})
	sent := w.write("a phone waits")
	if sent.Status != chat.Pending && sent.Status != chat.Delivered {
		t.Errorf("at first it is %s", sent.Status)
	}
	w.shows(w.budi, sent.ID, func(m chat.Message) bool { return m.Status == chat.Delivered })
}

func TestUndecryptableMessagesComeAgain(t *testing.T) {
	w := newWorld(t)
	w.write("first") // begins the session
	sandboxtest.WaitUntil(w.a, messageWith("first"))
	device := w.a.Store.ID.String()
	w.inject(device, sandbox.Fault{Kind: sandbox.FaultUndecryptable})
	sent := w.write("damaged")
	sandboxtest.WaitUntil(w.a, func(u *events.UndecryptableMessage) bool { return u.Info.ID == sent.ID })
	got := sandboxtest.WaitUntil(w.a, messageWith("damaged"))
	if got.RetryCount != 1 {
		t.Errorf("repeat number %d", got.RetryCount)
	}
	// The same between clients, and the other way round: a phone asks a client.
	w.inject(w.b.Store.ID.String(), sandbox.Fault{Kind: sandbox.FaultUndecryptable})
	w.inject(sandboxtest.PhoneB+"@s.whatsapp.net", sandbox.Fault{Kind: sandbox.FaultUndecryptable})
	back, err := w.a.SendMessage(t.Context(), got.Info.Chat, text("damaged, too"))
	if err != nil {
		t.Fatal(err)
	}
	sandboxtest.WaitUntil(w.b, func(u *events.UndecryptableMessage) bool { return u.Info.ID == back.ID })
	sandboxtest.WaitUntil(w.b, messageWith("damaged, too"))
	w.shows(w.budi, back.ID, func(m chat.Message) bool { return m.Kind == chat.Text && m.Text == "damaged, too" })
}

func TestPlaceholdersAreFilledByThePhone(t *testing.T) {
	w := newWorld(t)
	w.inject(w.a.Store.ID.String(), sandbox.Fault{Kind: sandbox.FaultUnavailable})
	sent := w.write("only on the phone")
	sandboxtest.WaitUntil(w.a, func(u *events.UndecryptableMessage) bool { return u.Info.ID == sent.ID && u.IsUnavailable })
	got := sandboxtest.WaitUntil(w.a, messageWith("only on the phone"))
	if got.UnavailableRequestID == "" || got.Info.ID != sent.ID {
		t.Errorf("got %+v", got)
	}
}

func TestDuplicatesAreSeenOnce(t *testing.T) {
	w := newWorld(t)
	w.inject(sandboxtest.PhoneA, sandbox.Fault{Kind: sandbox.FaultDuplicate, Count: 2}) // for the phone and its device
	sent := w.write("twice")
	w.write("after it")
	sandboxtest.WaitUntil(w.a, messageWith("after it"))
	count := 0
	for _, m := range sandboxtest.Seen[*events.Message](w.a) {
		if m.Info.ID == sent.ID {
			count++
		}
	}
	if count != 1 {
		t.Errorf("seen %d times", count)
	}
}

func TestPeopleChangePhones(t *testing.T) {
	w := newWorld(t)
	w.write("from the old phone")
	old := sandboxtest.WaitUntil(w.a, messageWith("from the old phone"))
	if _, err := w.a.SendMessage(t.Context(), old.Info.Chat, text("to the old phone")); err != nil {
		t.Fatal(err)
	}
	w.b.Disconnect() // it is going to be unlinked
	if err := w.s.Reinstall(sandboxtest.PhoneB); err != nil {
		t.Fatal(err)
	}
	w.budi = w.phone(sandboxtest.PhoneB)
	sandboxtest.WaitUntil(w.a, func(c *events.IdentityChange) bool { return c.JID.User == sandboxtest.PhoneB })
	sent, err := w.a.SendMessage(t.Context(), old.Info.Chat, text("to the new phone"))
	if err != nil {
		t.Fatal(err)
	}
	w.shows(w.budi, sent.ID, func(m chat.Message) bool { return m.Text == "to the new phone" })
	w.write("from the new phone")
	sandboxtest.WaitUntil(w.a, messageWith("from the new phone"))
}

func TestDevicesOfPeopleChange(t *testing.T) {
	w := newWorld(t)
	peer := w.b.Store.LID.ToNonAD()
	if _, err := w.a.SendMessage(t.Context(), peer, text("before")); err != nil {
		t.Fatal(err)
	}
	index, err := w.s.LinkSilently(sandboxtest.PhoneB)
	if err != nil {
		t.Fatal(err)
	}
	// The library does not look for a LID in its list of devices when it is told of a new
	// one: the message leaves that device out, and the acknowledgement tells so.
	for range 2 {
		if _, err := w.a.SendMessage(t.Context(), peer, text("after")); err != nil {
			t.Fatal(err)
		}
	}
	if partial := w.s.Stats().Routing.Partial; partial > 1 {
		t.Errorf("%d messages left a device out, although the first was answered with the new hash", partial)
	}
	if err := w.s.UnlinkSilent(sandboxtest.PhoneB, index); err != nil {
		t.Fatal(err)
	}
	if _, err := w.a.SendMessage(t.Context(), peer, text("without it")); err != nil {
		t.Fatal(err)
	}
}

func TestAddressesOfPeople(t *testing.T) {
	w := newWorld(t)
	for as, is := range map[router.Addressing]func(types.MessageInfo) bool{
		router.Usual: func(i types.MessageInfo) bool {
			return i.Sender.Server == types.HiddenUserServer && i.SenderAlt.User == sandboxtest.PhoneB
		},
		router.LIDOnly: func(i types.MessageInfo) bool {
			return i.Sender.Server == types.HiddenUserServer && i.SenderAlt.IsEmpty()
		},
		router.NumberOnly: func(i types.MessageInfo) bool {
			return i.Sender.Server == types.DefaultUserServer && i.Sender.User == sandboxtest.PhoneB
		},
	} {
		if err := w.s.ShowAs(sandboxtest.PhoneB, as); err != nil {
			t.Fatal(err)
		}
		sent := w.write("I am " + string(as))
		got := sandboxtest.WaitUntil(w.a, func(m *events.Message) bool { return m.Info.ID == sent.ID })
		if !is(got.Info) {
			t.Errorf("%q: %+v", as, got.Info)
		}
		answer, err := w.a.SendMessage(t.Context(), got.Info.Chat, text("whoever you are"))
		if err != nil {
			t.Errorf("%q: %v", as, err)
		}
		w.shows(w.budi, answer.ID, func(chat.Message) bool { return true })
	}
}

func TestEditComesBeforeItsMessage(t *testing.T) {
	w := newWorld(t)
	sent, err := w.budi.EditFirst(t.Context(), sandboxtest.PhoneA, "old", "new")
	if err != nil {
		t.Fatal(err)
	}
	sandboxtest.WaitUntil(w.a, messageWith("old"))
	edited, first := -1, -1
	for i, m := range sandboxtest.Seen[*events.Message](w.a) {
		switch {
		case m.IsEdit && m.Message.GetProtocolMessage().GetKey().GetID() == sent.ID:
			edited = i
		case m.Info.ID == sent.ID:
			first = i
		}
	}
	if edited < 0 || first < edited {
		t.Errorf("the edit is number %d, the message %d", edited, first)
	}
}

func TestAttachmentsFailOnPurpose(t *testing.T) {
	w := newWorld(t)
	sent, err := w.budi.Write(t.Context(), sandboxtest.PhoneA, handset.Draft{Attachment: handset.Sample(chat.Voice)})
	if err != nil {
		t.Fatal(err)
	}
	got := sandboxtest.WaitUntil(w.a, func(m *events.Message) bool { return m.Info.ID == sent.ID }).Message.GetAudioMessage()
	w.inject(sandboxtest.PhoneB, sandbox.Fault{Kind: sandbox.FaultMediaRefused, Reason: 410})
	if _, err := w.a.Download(t.Context(), got); !errors.Is(err, whatsmeow.ErrMediaDownloadFailedWith410) {
		t.Errorf("refused: %v", err)
	}
	w.inject("", sandbox.Fault{Kind: sandbox.FaultMediaSlow, Latency: 300 * time.Millisecond})
	began := time.Now()
	if data, err := w.a.Download(t.Context(), got); err != nil || time.Since(began) < 300*time.Millisecond || string(data[:4]) != "OggS" {
		t.Errorf("slow: %v after %s", err, time.Since(began))
	}
}
