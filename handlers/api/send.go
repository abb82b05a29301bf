package api

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"wadah/handlers/audit"
	"wadah/handlers/web"
	"wadah/models"
	"wadah/session/eventlog"
	"wadah/session/message"
)

// What every call that sends takes.
var (
	sendPhone = &parameter{name: "phone", also: []string{"number", "to"}, kind: kindPerson, missing: needed("the recipient's number as phone, for example phone=6281234567890")}
	sendGroup = &parameter{name: "id_group", kind: kindGroup, missing: needed("the group's address as id_group, for example id_group=120363041234567890@g.us")}

	sendReply    = &parameter{name: "reply_to", kind: kindWord, to: message.MaxID}
	sendMentions = &parameter{name: "mentions", kind: kindList, to: message.MaxMentions}
	sendQueue    = &parameter{name: "queue", kind: kindYes}
	sendWait     = &parameter{name: "wait", kind: kindWhole, from: 0, to: 60}
	sendKey      = &parameter{name: "idempotency_key", kind: kindExact, to: 255}
	sendTyping   = &parameter{name: "typing", kind: kindWhole, from: 0, to: 15}
	sendTTL      = &parameter{name: "ttl", kind: kindWhole, from: 1, to: 7 * 24 * 3600}
)

// sending are the parameters of a call that sends, beside its own.
func sending(own ...*parameter) []*parameter {
	return append(own, sendReply, sendMentions, sendQueue, sendWait, sendKey, sendTyping, sendTTL)
}

// composer makes of a call what is to be sent, and what the answer repeats of the request.
type composer func(ctx context.Context, call deviceCall) (message.Outgoing, query, error)

// query is what an answer repeats of the request.
type query struct {
	Message string `json:"message,omitempty"`
	To      string `json:"to"`
	// SentAs is how it was sent, when that is not as it was asked for.
	SentAs string `json:"-"`
}

// send is a call that sends what compose makes.
func (s *Calls) send(compose composer, takes []*parameter) deviceHandler {
	return func(c echo.Context, call deviceCall) error {
		ctx := c.Request().Context()
		wait := time.Duration(call.in.whole(sendWait, int(message.DefaultWait/time.Second))) * time.Second
		key := idempotencyKey(c.Request(), call.in)
		room := wait
		if key != "" {
			room += time.Duration(sendWait.to) * time.Second // for the call with the same key that goes first
		}
		defer web.AllowTime(c, room)()
		out, asked, err := compose(ctx, call)
		if err != nil {
			return err
		}
		if err := s.addCommon(ctx, call, &out); err != nil {
			return err
		}
		request := message.Request{
			DeviceID: call.snap.ID, Out: out, Source: message.SourceAPI, Author: call.keyID,
			Queue: call.in.yes(sendQueue), Wait: wait,
			Typing: time.Duration(call.in.whole(sendTyping, 0)) * time.Second,
			TTL:    time.Duration(call.in.whole(sendTTL, 0)) * time.Second,
		}
		request.Render = func(result message.Result) []byte { return sentAnswer(result, asked) }
		if key != "" {
			request.Key, request.Params = hashOf(key), paramsHash(c.Request().URL.Path, call.in, takes)
		}
		if err := s.noteSeldom(c, call, audit.MessageSend); err != nil {
			return err
		}
		result, err := s.devices.Outbox().Submit(ctx, request)
		if err != nil {
			return err
		}
		return answerSent(c, request, result)
	}
}

// answerSent tells what became of a message.
func answerSent(c echo.Context, r message.Request, result message.Result) error {
	if result.Unknown {
		return &web.Failure{
			Status: http.StatusGatewayTimeout, Code: "send_timeout",
			Message: "WhatsApp has not answered in time. The message will still be sent: do not repeat it, and watch getMessageStatus.",
			More:    map[string]any{"id_message": result.Message.WAID},
		}
	}
	body := result.Answered
	if body == nil {
		body = r.Render(result)
	}
	return web.WriteJSON(c, http.StatusOK, body)
}

// sentAnswer is the answer about a message that was sent, or waits for its turn.
func sentAnswer(result message.Result, asked query) []byte {
	chat, done := eventlog.ChatOf(result.Message.Chat), "success sent"
	if result.Message.Status == models.StatusQueued {
		done = "queued"
	}
	body := web.AppendAny([]byte(`{"code":200,"query":`), asked)
	body = web.AppendAny(append(body, `,"results":`...), struct {
		ID         string `json:"id_message"`
		Message    string `json:"message"`
		Serialized string `json:"serialized"`
		Type       string `json:"type_chat"`
		LID        string `json:"lid,omitempty"`
		Status     string `json:"status"`
		SentAs     string `json:"sent_as,omitempty"`
		Partial    int64  `json:"partial,omitempty"` // devices of the recipients that could not be given it
	}{result.Message.WAID, "Message " + done + " to " + chat.ID, chat.ID, chat.Type, chat.LID, result.Message.Status, asked.SentAs, result.Message.Partial})
	return append(body, '}')
}

// addCommon adds what any message may have: whom it mentions, and what it answers.
func (s *Calls) addCommon(ctx context.Context, call deviceCall, out *message.Outgoing) error {
	for _, text := range call.in.list(sendMentions) {
		address, ok := personOf(text, s.region)
		if !ok {
			return sendMentions.refusal()
		}
		out.Content.Mentions = append(out.Content.Mentions, message.PartyOf(address))
	}
	id := call.in.text(sendReply)
	if id == "" || out.Content.Target != nil || out.Forward != nil { // what is about another message answers none
		return nil
	}
	row, record, err := s.known(ctx, call, id)
	if err != nil {
		return err
	}
	quote := &message.Quote{Ref: refOf(row), Kind: record.Content.Kind, Text: record.Content.Text}
	if chat := message.OfChat(row.Chat); chat.Key() != out.To.Key() && !chat.Person.Is(out.To.Person) {
		quote.Chat = chat.Key()
	}
	out.Content.Quote, out.Original = quote, record.Raw
	return nil
}

// errMessageUnknown answers an id_message that stands for nothing here.
var errMessageUnknown = &web.Failure{
	Status: http.StatusNotFound, Code: "message_unknown",
	Message: "This device knows no such message, or does not keep it any more.",
}

// known finds a message of the call's device by WhatsApp's ID of it: the newest, should
// there be several.
func (s *Calls) known(ctx context.Context, call deviceCall, id string) (models.Message, message.Record, error) {
	rows, err := s.store.Messages(ctx, models.MessageFilter{DeviceID: call.snap.ID, WAID: id, Limit: 1, About: true})
	if err != nil {
		return models.Message{}, message.Record{}, err
	}
	if len(rows) == 0 {
		return models.Message{}, message.Record{}, errMessageUnknown
	}
	record, err := message.DecodeRecord(rows[0].Body)
	return rows[0], record, err
}

// refOf names a stored message as WhatsApp does.
func refOf(row models.Message) message.Ref {
	return message.Ref{ID: row.WAID, FromMe: row.FromMe, Sender: message.PartyOfStored(row.Sender.Person)}
}

// idempotencyKey is by what a client recognises a call that it repeats.
func idempotencyKey(r *http.Request, in values) string {
	if key := r.Header.Get("Idempotency-Key"); key != "" {
		return key
	}
	return in.text(sendKey)
}

// paramsHash tells calls apart that have the same key of idempotency: how long one waits and
// whether it waits at all makes no difference.
func paramsHash(path string, in values, takes []*parameter) string {
	all := []any{path}
	for _, p := range takes {
		if v, sent := in[p]; sent && p != sendWait && p != sendQueue && p != sendKey {
			all = append(all, p.name, v.text, v.list)
		}
	}
	return hashOf(string(web.AppendAny(nil, all)))
}

func hashOf(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}
