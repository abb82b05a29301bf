package handlers

import (
	"context"
	"time"

	"github.com/labstack/echo/v4"

	"wadah/models"
)

// mustNote writes down what is about to be done; when that fails it must not happen.
func (s *Server) mustNote(c echo.Context, e models.AuditEntry) error {
	e.Address = s.site.ClientAddr(c)
	// The entry is due although the client may be gone already.
	return s.store.AddAudit(context.WithoutCancel(c.Request().Context()), e)
}

// note writes down what was done. A failure to do so is logged; what was done is done.
func (s *Server) note(c echo.Context, e models.AuditEntry) {
	if err := s.mustNote(c, e); err != nil {
		s.log.Error("audit entry not stored", "action", e.Action, "device", e.DeviceID, "err", err)
	}
}

// Whose actor is no person says so by its kind, and these are their names.
const (
	keyKind     = "key"     // a program with an API key; the actor is the key's ID, the detail its name
	keylessKind = "keyless" // a program of this machine that the default device answers
	guestKind   = "guest"   // who holds a scan link; the actor is the link's ID, the detail who made it
)

// keylessActor stands for whoever the default device answers.
const keylessActor = "keyless"

// A program or guest may leave noteBurst entries at once and one more every noteEvery:
// who switches a device on and off all day must not fill the disk.
const (
	noteBurst = 100
	noteEvery = 10 * time.Second
)

// noteCall writes down what a program has changed about its device.
func (s *Server) noteCall(c echo.Context, call apiCall, action string) {
	e := models.AuditEntry{
		Actor: keylessActor, ActorKind: keylessKind, Action: action, DeviceID: call.snap.ID, Target: call.snap.Name,
	}
	if call.keyID != "" {
		e.Actor, e.ActorKind = call.keyID, keyKind
		if key, err := s.store.APIKey(context.WithoutCancel(c.Request().Context()), call.keyID); err == nil {
			e.Detail = key.Name
		}
	}
	s.noteOften(c, e)
}

// noteOften is note for who could leave entries without end: beyond what anybody would
// want to read, the same is written down seldom.
func (s *Server) noteOften(c echo.Context, e models.AuditEntry) {
	if s.limited.notes.Take(e.Actor) == 0 {
		s.note(c, e)
		return
	}
	if err := s.noteSeldom(c, e); err != nil {
		s.log.Error("audit entry not stored", "action", e.Action, "device", e.DeviceID, "err", err)
	}
}

// noteSeldom is mustNote for what programs repeat all day: the same from the same
// address is written down once in a while only.
func (s *Server) noteSeldom(c echo.Context, e models.AuditEntry) error {
	return s.noteDue(c, e, s.site.ClientAddr(c))
}

// noteSeldomBy is noteSeldom for a browser instead of an address. One with ever new
// names counts by its address in the end.
func (s *Server) noteSeldomBy(c echo.Context, e models.AuditEntry, browser string) error {
	if _, known := s.seldom.Get(keyOfNote(e, browser), time.Now()); !known && s.limited.notes.Take(e.Actor) > 0 {
		return s.noteSeldom(c, e)
	}
	return s.noteDue(c, e, browser)
}

func (s *Server) noteDue(c echo.Context, e models.AuditEntry, by string) error {
	key := keyOfNote(e, by)
	if !s.seldom.Add(key, time.Now(), struct{}{}) {
		return nil
	}
	err := s.mustNote(c, e)
	if err != nil {
		s.seldom.Drop(key)
	}
	return err
}

const (
	seldomEvery = 10 * time.Minute
	seldomSize  = 4096 // what is remembered at most; beyond it entries may come more often
)

type seldomKey struct{ actor, action, device, target, by string }

func keyOfNote(e models.AuditEntry, by string) seldomKey {
	return seldomKey{e.Actor, e.Action, e.DeviceID, e.Target, by}
}
