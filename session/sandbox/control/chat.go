package control

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"go.mau.fi/whatsmeow/types"

	"wadah/session/sandbox"
	"wadah/session/sandbox/chat"
	"wadah/session/sandbox/handset"
	"wadah/session/sandbox/router"
)

// What people do on their phones: each command names the phone by its number.

// phone returns the phone that a command is for.
func (a *api) phone(number string) (*handset.Phone, error) { return a.service.Phone(number) }

type sendRequest struct {
	Phone    string   `json:"phone"`
	To       string   `json:"to"` // number, address or group
	ID       string   `json:"id"`
	Text     string   `json:"text"`
	Quote    string   `json:"quote"`
	Mentions []string `json:"mentions"`
	ViewOnce bool     `json:"viewOnce"`

	// An attachment; without data a sample of its kind.
	Kind    chat.Kind `json:"kind"`
	Data    []byte    `json:"data"` // base64
	Type    string    `json:"type"`
	Name    string    `json:"name"`
	Seconds int       `json:"seconds"`

	Place *chat.Place    `json:"place"`
	Card  *chat.Card     `json:"card"`
	Poll  *chat.Question `json:"poll"` // the question is in text
	// EditedTo sends an edit of the message first, and then the message itself.
	EditedTo string `json:"editedTo"`
}

func (a *api) send(ctx context.Context, in sendRequest) (any, error) {
	p, err := a.phone(in.Phone)
	if err != nil {
		return nil, err
	}
	if in.EditedTo != "" {
		return p.EditFirst(ctx, in.To, in.Text, in.EditedTo)
	}
	draft := handset.Draft{
		ID: in.ID, Text: in.Text, Quote: in.Quote, Mentions: in.Mentions, ViewOnce: in.ViewOnce,
		Place: in.Place, Card: in.Card, Question: in.Poll,
	}
	if in.Kind != "" && in.Kind != chat.Text {
		draft.Attachment = &handset.Attachment{Kind: in.Kind, Data: in.Data, Type: in.Type, Name: in.Name, Seconds: in.Seconds}
		if len(in.Data) == 0 {
			draft.Attachment = handset.Sample(in.Kind)
		}
	}
	return p.Write(ctx, in.To, draft)
}

// messageRequest names a message of a chat.
type messageRequest struct {
	Phone   string   `json:"phone"`
	Chat    string   `json:"chat"`
	ID      string   `json:"id"`
	Emoji   string   `json:"emoji"`
	Text    string   `json:"text"`
	Options []string `json:"options"`
}

// onMessage is a command about a message.
func (a *api) onMessage(do func(context.Context, *handset.Phone, messageRequest) error) func(context.Context, messageRequest) (any, error) {
	return func(ctx context.Context, in messageRequest) (any, error) {
		p, err := a.phone(in.Phone)
		if err != nil {
			return nil, err
		}
		return done{OK: true}, do(ctx, p, in)
	}
}

func react(ctx context.Context, p *handset.Phone, in messageRequest) error {
	return p.React(ctx, in.Chat, in.ID, in.Emoji)
}

func edit(ctx context.Context, p *handset.Phone, in messageRequest) error {
	return p.Edit(ctx, in.Chat, in.ID, in.Text)
}

func revoke(ctx context.Context, p *handset.Phone, in messageRequest) error {
	return p.Revoke(ctx, in.Chat, in.ID)
}

func vote(ctx context.Context, p *handset.Phone, in messageRequest) error {
	return p.Vote(ctx, in.Chat, in.ID, in.Options)
}

// read makes ticks blue: all of a chat, or with an id, a voice note that was listened to.
func read(_ context.Context, p *handset.Phone, in messageRequest) error {
	if in.ID != "" {
		return p.Play(in.Chat, in.ID)
	}
	return p.Read(in.Chat)
}

type typingRequest struct {
	Phone string `json:"phone"`
	Chat  string `json:"chat"`
	State string `json:"state"` // composing, recording or paused
}

func (a *api) typing(_ context.Context, in typingRequest) (any, error) {
	p, err := a.phone(in.Phone)
	if err != nil {
		return nil, err
	}
	switch in.State {
	case "recording":
		return done{OK: true}, p.Typing(in.Chat, types.ChatPresenceComposing, true)
	case "composing", "paused":
		return done{OK: true}, p.Typing(in.Chat, types.ChatPresence(in.State), false)
	default:
		return nil, fmt.Errorf("%w: state is composing, recording or paused", errBody)
	}
}

type presenceRequest struct {
	Phone     string `json:"phone"`
	Available bool   `json:"available"`
}

func (a *api) presence(_ context.Context, in presenceRequest) (any, error) {
	p, err := a.phone(in.Phone)
	if err != nil {
		return nil, err
	}
	return done{OK: true}, p.Show(in.Available)
}

type groupRequest struct {
	Phone   string   `json:"phone"`
	Group   string   `json:"group"`  // empty: a new one
	Change  string   `json:"change"` // add, remove, promote, demote, leave, subject, description, announcement, …
	People  []string `json:"people"`
	Value   string   `json:"value"` // the new subject or description
	Subject string   `json:"subject"`
}

// group makes a group, or changes one.
func (a *api) group(ctx context.Context, in groupRequest) (any, error) {
	p, err := a.phone(in.Phone)
	if err != nil {
		return nil, err
	}
	if in.Group == "" {
		made, err := p.CreateGroup(ctx, in.Subject, in.People)
		return map[string]string{"group": made}, err
	}
	return done{OK: true}, p.ChangeGroup(ctx, in.Group, in.Change, in.People, in.Value)
}

type callRequest struct {
	Phone string `json:"phone"`
	To    string `json:"to"`
	Video bool   `json:"video"`
	End   string `json:"end"` // id of a call: it is ended
}

func (a *api) call(_ context.Context, in callRequest) (any, error) {
	p, err := a.phone(in.Phone)
	switch {
	case err != nil:
		return nil, err
	case in.End != "":
		return done{OK: true}, p.HangUp(in.To, in.End)
	}
	id, err := p.Ring(in.To, in.Video)
	return map[string]string{"id": id}, err
}

type policyRequest struct {
	Phone string `json:"phone"`
	handset.Policy
}

func (a *api) policy(_ context.Context, in policyRequest) (any, error) {
	p, err := a.phone(in.Phone)
	if err != nil {
		return nil, err
	}
	p.SetPolicy(in.Policy)
	return done{OK: true}, nil
}

type floodRequest struct {
	Phone  string `json:"phone"`
	To     string `json:"to"`
	Count  int    `json:"count"`
	Window int    `json:"window"`
	Text   string `json:"text"`
}

// maxFlood is how many messages one command may ask for.
const maxFlood = 1_000_000

func (a *api) flood(ctx context.Context, in floodRequest) (any, error) {
	p, err := a.phone(in.Phone)
	switch {
	case err != nil:
		return nil, err
	case in.Count < 1 || in.Count > maxFlood || in.Window < 0:
		return nil, fmt.Errorf("%w: count is 1 to %d", errBody, maxFlood)
	}
	began := time.Now()
	sent, err := p.Flood(ctx, in.To, handset.Flood{Text: cmp.Or(in.Text, "flood"), Count: in.Count, Window: in.Window})
	return map[string]any{"sent": sent, "seconds": time.Since(began).Seconds()}, err
}

type holdRequest struct {
	Phone string    `json:"phone"`
	Held  bool      `json:"held"`
	Until time.Time `json:"until"`
}

func (a *api) hold(_ context.Context, in holdRequest) (any, error) {
	return done{OK: true}, a.service.Hold(in.Phone, in.Held, in.Until)
}

type addressingRequest struct {
	Phone string            `json:"phone"`
	As    router.Addressing `json:"as"` // "", lid or number
}

func (a *api) addressing(_ context.Context, in addressingRequest) (any, error) {
	switch in.As {
	case router.Usual, router.LIDOnly, router.NumberOnly:
		return done{OK: true}, a.service.ShowAs(in.Phone, in.As)
	default:
		return nil, fmt.Errorf(`%w: as is "", lid or number`, errBody)
	}
}

type accountRequest struct {
	Phone  string `json:"phone"`
	Device uint16 `json:"device"` // a silent device that goes
}

func (a *api) reinstall(_ context.Context, in accountRequest) (any, error) {
	return done{OK: true}, a.service.Reinstall(in.Phone)
}

// silent links a device that never comes online, or takes one away.
func (a *api) silent(_ context.Context, in accountRequest) (any, error) {
	if in.Device != 0 {
		return done{OK: true}, a.service.UnlinkSilent(in.Phone, in.Device)
	}
	index, err := a.service.LinkSilently(in.Phone)
	return map[string]uint16{"device": index}, err
}

type expireRequest struct {
	Phone  string `json:"phone"`
	Chat   string `json:"chat"`
	ID     string `json:"id"`
	Status int    `json:"status"`
}

// expire makes the attachment of a message answer with a status until it is uploaded
// again.
func (a *api) expire(_ context.Context, in expireRequest) (any, error) {
	p, err := a.phone(in.Phone)
	if err != nil {
		return nil, err
	}
	where, err := p.Resolve(in.Chat)
	if err != nil {
		return nil, err
	}
	m, ok := p.Book().Find(where.String(), "", in.ID)
	switch {
	case !ok || m.Media == nil:
		return nil, handset.ErrMessage
	case in.Status < 400 || in.Status > 599:
		return nil, fmt.Errorf("%w: status is 400 to 599", errBody)
	}
	return done{OK: true}, a.service.ExpireMedia(m.Media.Ref.Path, in.Status)
}

// maxListed is how many messages one answer holds at most.
const maxListed = 1000

// maxWait is how long the inbox waits for something new.
const maxWait = time.Minute

// chats lists the chats of a phone.
func (a *api) chats(r *http.Request) (any, error) {
	p, err := a.phone(r.URL.Query().Get("phone"))
	if err != nil {
		return nil, err
	}
	return p.Book().Chats(), nil
}

// messages lists the newest messages of a chat, oldest first.
func (a *api) messages(r *http.Request) (any, error) {
	p, err := a.phone(r.URL.Query().Get("phone"))
	if err != nil {
		return nil, err
	}
	where, err := p.Resolve(r.URL.Query().Get("chat"))
	if err != nil {
		return nil, err
	}
	limit, err := number(r, "limit", 100)
	if err != nil {
		return nil, err
	}
	return p.Book().Messages(where.String(), int(min(limit, maxListed))), nil
}

// inbox lists messages of all chats that have changed after a change; with wait it waits
// for the first.
func (a *api) inbox(r *http.Request) (any, error) {
	p, err := a.phone(r.URL.Query().Get("phone"))
	after, afterErr := number(r, "after", 0)
	limit, limitErr := number(r, "limit", maxListed)
	if err = errors.Join(err, afterErr, limitErr); err != nil {
		return nil, err
	}
	wait, err := time.ParseDuration(cmp.Or(r.URL.Query().Get("wait"), "0s"))
	if err != nil {
		return nil, fmt.Errorf("%w: wait is a duration such as 10s", errBody)
	}
	ctx, cancel := context.WithTimeout(r.Context(), min(wait, maxWait))
	defer cancel()
	changes, stop := p.Book().Watch()
	defer stop()
	for {
		if found := p.Book().Since(after, int(min(limit, maxListed))); len(found) > 0 {
			return found, nil
		}
		select {
		case <-changes:
		case <-ctx.Done():
			return []chat.Message{}, nil
		}
	}
}

func number(r *http.Request, name string, otherwise int64) (int64, error) {
	value := r.URL.Query().Get(name)
	if value == "" {
		return otherwise, nil
	}
	n, err := strconv.ParseInt(value, 10, 64)
	if err != nil || n < 0 {
		return 0, fmt.Errorf("%w: %s is a number", errBody, name)
	}
	return n, nil
}

// media serves the attachment of a message as the phone opens it.
func (a *api) media(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	p, err := a.phone(query.Get("phone"))
	if err != nil {
		a.answer(w, nil, err)
		return
	}
	data, about, err := p.Download(query.Get("chat"), query.Get("id"))
	if err != nil {
		a.answer(w, nil, err)
		return
	}
	// Whatever somebody has sent, a browser is to store it and not to run it.
	w.Header().Set("Content-Type", "application/octet-stream")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.Header().Set("X-Media-Type", about.Type)
	w.Header().Set("Content-Disposition", "attachment")
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(data))
}

// violations lists what clients did that a client must never do.
func (a *api) violations() any {
	return map[string]any{"counts": a.service.Violations().Counts(), "list": a.service.Violations().All()}
}

// list serves what a query asks for.
func (a *api) list(find func(*http.Request) (any, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		found, err := find(r)
		a.answer(w, found, err)
	}
}

// chatRoutes mounts the commands of people on their phones.
func (a *api) chatRoutes(mux *http.ServeMux) {
	mux.Handle("POST /send", sized(a, maxPicture, a.send))
	mux.Handle("POST /react", command(a, a.onMessage(react)))
	mux.Handle("POST /edit", command(a, a.onMessage(edit)))
	mux.Handle("POST /revoke", command(a, a.onMessage(revoke)))
	mux.Handle("POST /vote", command(a, a.onMessage(vote)))
	mux.Handle("POST /read", command(a, a.onMessage(read)))
	mux.Handle("POST /typing", command(a, a.typing))
	mux.Handle("POST /presence", command(a, a.presence))
	mux.Handle("POST /group", command(a, a.group))
	mux.Handle("POST /call", command(a, a.call))
	mux.Handle("POST /policy", command(a, a.policy))
	mux.Handle("POST /flood", command(a, a.flood))
	mux.Handle("POST /hold", command(a, a.hold))
	mux.Handle("POST /addressing", command(a, a.addressing))
	mux.Handle("POST /reinstall", command(a, a.reinstall))
	mux.Handle("POST /silent", command(a, a.silent))
	mux.Handle("POST /media/expire", command(a, a.expire))
	mux.HandleFunc("GET /media", a.media)
	mux.Handle("GET /chats", a.list(a.chats))
	mux.Handle("GET /messages", a.list(a.messages))
	mux.Handle("GET /inbox", a.list(a.inbox))
	mux.Handle("GET /violations", a.read(a.violations))
	mux.HandleFunc("DELETE /violations", func(w http.ResponseWriter, _ *http.Request) {
		a.service.Violations().Clear()
		a.answer(w, done{OK: true}, nil)
	})
}

// chatProblems are the errors of people's commands.
var chatProblems = []knownProblem{
	{handset.ErrOffline, http.StatusConflict, "phone_offline"},
	{handset.ErrRecipient, http.StatusNotFound, "recipient_unknown"},
	{handset.ErrMessage, http.StatusNotFound, "message_unknown"},
	{handset.ErrContent, http.StatusBadRequest, "content"},
	{handset.ErrRefused, http.StatusConflict, "refused"},
	{sandbox.ErrPhoneUnknown, http.StatusNotFound, "phone_unknown"},
}
