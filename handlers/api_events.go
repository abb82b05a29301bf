package handlers

import (
	"context"
	"errors"

	"github.com/labstack/echo/v4"

	"wadah/handlers/web"
	"wadah/models"
	"wadah/session"
)

// apiEvents streams the key's device to a program: "state" with what getDevice
// answers, at the start and at every change, and "qr" with each new code. It ends
// when the key is revoked or the device deleted ("gone"); a client that reconnects
// gets the current state first.
func (s *Server) apiEvents(c echo.Context, call apiCall) error {
	id := call.snap.ID
	release := s.manager.Watch(id)
	defer release()
	shown := "" // the code the client has
	st := newStream(id)
	st.most, st.owner = s.limits.KeyStreams, owner{ownedByKey, call.keyID}
	if call.key == "" {
		st.owner = owner{ownedByDevice, id}
	}
	return s.serveStream(c, st, show{
		first: func(context.Context) ([]byte, error) {
			snap, err := s.manager.Snapshot(id)
			if err != nil {
				return nil, err
			}
			return s.apiFrames(&update{snap: snap}, &shown)
		},
		changes: func(_ context.Context, b batch, send func([]byte)) error {
			u := b.newest()
			if u.snap.Deleted {
				send([]byte("event: gone\ndata: {}\n\n"))
				return errStreamOver
			}
			frames, err := s.apiFrames(u, &shown)
			send(frames)
			return err
		},
		alive: func(ctx context.Context) bool {
			if call.key == "" {
				snap, err := s.manager.Snapshot(id)
				return err != nil || snap.Default // of a deleted device the stream itself tells
			}
			_, _, err := s.store.DeviceIDByKey(ctx, call.key)
			return !errors.Is(err, models.ErrNotFound)
		},
		strict: true,
		beat:   func() []byte { return stillHere },
		pulse:  lookEvery,
		ended:  []byte("event: ended\ndata: {\"error\":\"unauthorized\"}\n\n"),
	})
}

// stillHere is a comment, which clients of event streams pass over.
var stillHere = []byte(": still here\n\n")

// apiVariant names the shared frames of API streams.
type apiVariant string

// apiFrames is the state of the device and, when the client has not got it yet, its QR.
func (s *Server) apiFrames(u *update, shown *string) ([]byte, error) {
	snap := u.snap
	state, err := u.frame(apiVariant("state"), func() ([]byte, error) {
		b := web.AppendAny([]byte("event: state\ndata: "), newDeviceJSON(snap))
		return append(b, "\n\n"...), nil
	})
	code := currentQR(snap)
	if err != nil || code == nil {
		*shown = ""
		return state, err
	}
	if code.Text == *shown {
		return state, nil
	}
	qr, err := u.frame(apiVariant("qr"), func() ([]byte, error) { return s.qrFrame(snap.ID, code) })
	if err != nil {
		return nil, err
	}
	*shown = code.Text
	return append(state[:len(state):len(state)], qr...), nil
}

func (s *Server) qrFrame(id string, code *session.ShownCode) ([]byte, error) {
	img, err := s.qrs.image(id, code)
	if err != nil {
		return nil, err
	}
	b := web.AppendAny([]byte("event: qr\ndata: "), struct {
		QRString string  `json:"qrString"`
		Expires  *string `json:"expires"`
	}{img.uri, web.Stamp(code.Expires)})
	return append(b, "\n\n"...), nil
}
