package api

import (
	"context"
	"errors"

	"github.com/labstack/echo/v4"

	"wadah/handlers/live"
	"wadah/handlers/qr"
	"wadah/handlers/web"
	"wadah/models"
	"wadah/session"
)

// events streams the key's device to a program: "state" with what getDevice
// answers, at the start and at every change, "qr" with each new code, and the events of
// its log under their numbers. It ends when the key is revoked or the device deleted
// ("gone"); a client that reconnects gets the current state first, and with
// Last-Event-ID what was logged since.
func (s *Calls) events(c echo.Context, call deviceCall) error {
	id := call.snap.ID
	tail, err := s.tail(c.Request(), call)
	if err != nil {
		return err
	}
	release := s.devices.Watch(id)
	defer release()
	shown := "" // the code the client has
	watch := live.Watch{Device: id, Most: s.bounds.streams, Owner: live.Owner{Kind: live.ByKey, ID: call.keyID, Of: id}}
	if call.key == "" {
		watch.Owner = live.Owner{Kind: live.ByDevice, ID: id}
	}
	return s.streams.Serve(c, watch, live.Show{
		First: func(context.Context) ([]byte, error) {
			snap, err := s.devices.Snapshot(id)
			if err != nil {
				return nil, err
			}
			return s.frames(&live.Update{Snap: snap}, call.rights, &shown)
		},
		News: tail.news,
		Changes: func(ctx context.Context, b live.Batch, send func([]byte)) error {
			if len(b.Updates) == 0 {
				return tail.tell(ctx, send)
			}
			u := b.Newest()
			if u.Snap.Deleted {
				send([]byte("event: gone\ndata: {}\n\n"))
				return live.ErrOver
			}
			frames, err := s.frames(u, call.rights, &shown)
			send(frames)
			return err
		},
		May: live.May{Strict: true, Still: func(ctx context.Context) bool { return s.stillOpens(ctx, call) }},
		Frames: live.Frames{
			Beat: func() []byte { return stillHere }, Pulse: live.LookEvery,
			Ended: []byte("event: ended\ndata: {\"error\":\"unauthorized\"}\n\n"),
		},
	})
}

// stillOpens reports whether a call would still be accepted.
func (s *Calls) stillOpens(ctx context.Context, call deviceCall) bool {
	if call.key == "" {
		snap, err := s.devices.Snapshot(call.snap.ID)
		return err != nil || snap.Default // of a deleted device the stream itself tells
	}
	_, err := s.store.OpenKey(ctx, call.key)
	return !errors.Is(err, models.ErrNotFound)
}

// stillHere is a comment, which clients of event streams pass over.
var stillHere = []byte(": still here\n\n")

// variant names the shared frames of API streams.
type variant string

// frames is the state of the device and, when the client has not got it yet, its QR: what
// the client may know of that.
func (s *Calls) frames(u *live.Update, may models.Rights, shown *string) ([]byte, error) {
	if !may.May(models.ScopeLink) {
		if !may.May(models.ScopeState) {
			return nil, nil
		}
		return stateFrame(u)
	}
	state, err := stateFrame(u)
	if !may.May(models.ScopeState) {
		state = nil
	}
	snap := u.Snap
	code := qr.Current(snap)
	if err != nil || code == nil {
		*shown = ""
		return state, err
	}
	if code.Text == *shown {
		return state, nil
	}
	picture, err := u.Frame(variant("qr"), func() ([]byte, error) { return s.qrFrame(snap.ID, code) })
	if err != nil {
		return nil, err
	}
	*shown = code.Text
	return append(state[:len(state):len(state)], picture...), nil
}

// stateFrame tells the state of the device.
func stateFrame(u *live.Update) ([]byte, error) {
	return u.Frame(variant("state"), func() ([]byte, error) {
		b := web.AppendAny([]byte("event: state\ndata: "), newDeviceJSON(u.Snap))
		return append(b, "\n\n"...), nil
	})
}

func (s *Calls) qrFrame(id string, code *session.ShownCode) ([]byte, error) {
	img, err := s.pictures.Of(id, code)
	if err != nil {
		return nil, err
	}
	b := web.AppendAny([]byte("event: qr\ndata: "), struct {
		QRString string  `json:"qrString"`
		Expires  *string `json:"expires"`
	}{img.URI, web.Stamp(code.Expires)})
	return append(b, "\n\n"...), nil
}
