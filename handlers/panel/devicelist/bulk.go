package devicelist

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"runtime/debug"
	"strconv"
	"sync"

	"github.com/labstack/echo/v4"

	"wadah/handlers/audit"
	"wadah/handlers/pages"
	"wadah/handlers/visitor"
	"wadah/handlers/web"
	"wadah/session"
	"wadah/views"
	deviceviews "wadah/views/device"
)

const (
	// bulkField names the devices chosen on the list. It is not web.DeviceField, for which the
	// guard refuses the whole request: a device that was deleted or taken away meanwhile
	// must not keep the others from being stopped.
	bulkField = "chosen"
	// bulkParallel is how many devices are started or stopped at a time. Stopping one that
	// WhatsApp does not answer takes 5 s of waiting and nothing else, so that a whole page
	// takes as long as one device.
	bulkParallel = 256
)

// errNothingChosen answers a bulk action on no device.
var errNothingChosen = &web.Failure{
	Status: http.StatusUnprocessableEntity, Code: "nothing_chosen",
	Message: "Choose at least one device first.",
}

// bulkDeed is something that can be done to many devices.
type bulkDeed struct {
	action audit.Action
	notice views.Notice
	do     func(context.Context, string) (session.Snapshot, error)
}

func (s *Pages) bulkDeed(name string) (bulkDeed, bool) {
	switch deviceviews.BulkAction(name) {
	case deviceviews.BulkStart:
		return bulkDeed{audit.DeviceStart, views.NoticeBulkStarted, s.devices.StartDevice}, true
	case deviceviews.BulkStop:
		return bulkDeed{audit.DeviceStop, views.NoticeBulkStopped, s.devices.StopDevice}, true
	case deviceviews.BulkRestart:
		return bulkDeed{audit.DeviceRestart, views.NoticeBulkRestarted, s.devices.RestartDevice}, true
	}
	return bulkDeed{}, false
}

// bulkAction starts, stops or restarts the chosen devices and says which it could not. It
// goes on when the client is gone: half of what was asked for helps nobody.
func (s *Pages) bulkAction(c echo.Context) error {
	l := s.listingBefore(c)
	deed, known := s.bulkDeed(c.FormValue("action"))
	switch {
	case known:
	case c.FormValue("action") == "": // Enter in a box, see views.listForm
		return c.Redirect(http.StatusSeeOther, l.query.Path())
	default:
		return echo.ErrBadRequest
	}
	chosen, gone := s.bulkChoice(c, l)
	if len(chosen)+gone == 0 {
		return s.bulkRefused(c, l)
	}
	outcome := deviceviews.BulkOutcome{Action: deviceviews.BulkAction(c.FormValue("action")), Asked: len(chosen) + gone, Gone: gone}
	errs := s.forEach(context.WithoutCancel(c.Request().Context()), chosen, deed.do)
	for i, snap := range chosen {
		switch err := errs[i]; {
		case err == nil:
			outcome.Done++
			s.trail.Note(c, visitor.Entry(c, deed.action, snap.ID, snap.Name))
		case errors.Is(err, session.ErrNoDevice): // deleted since
			outcome.Gone++
		default:
			outcome.Failed = append(outcome.Failed, deviceviews.BulkFailure{ID: snap.ID, Name: snap.Name, Why: s.inSentence(c, err)})
		}
	}
	return s.bulkAnswer(c, l, deed.notice, outcome)
}

// listingBefore is the list the form was on.
func (s *Pages) listingBefore(c echo.Context) listing {
	u, err := url.Parse(web.OwnPath(c.FormValue("next"), "/devices"))
	if err != nil {
		u = new(url.URL)
	}
	return listingAt(c, u.Query())
}

// bulkChoice is which of the chosen devices the visitor may see, and how many of them do
// not exist for the visitor. With all=yes it is everything the list's query chooses.
func (s *Pages) bulkChoice(c echo.Context, l listing) (chosen []*session.Snapshot, gone int) {
	if c.FormValue("all") == "yes" {
		chosen, _ = s.chosen(l, new(tally))
		return chosen, 0
	}
	asked := make(map[string]bool)
	for _, id := range c.Request().PostForm[bulkField] {
		asked[id] = true
	}
	delete(asked, "")
	for snap := range l.scope.Seen(s.devices) {
		if asked[snap.ID] {
			chosen = append(chosen, snap)
			delete(asked, snap.ID)
		}
	}
	for id := range asked {
		visitor.NoteRefusal(c, s.trail, s.devices, session.ErrNoDevice, id)
	}
	return chosen, len(asked)
}

// forEach does something to each device, many at a time. The errors stand as the devices do.
func (s *Pages) forEach(ctx context.Context, devices []*session.Snapshot, do func(context.Context, string) (session.Snapshot, error)) []error {
	errs := make([]error, len(devices))
	var working sync.WaitGroup
	places := make(chan struct{}, bulkParallel)
	for i, snap := range devices {
		places <- struct{}{}
		working.Go(func() {
			defer func() {
				if r := recover(); r != nil { // one device takes no other down
					s.log.Error("recovered from a panic", "device", snap.ID, "panic", r, "stack", string(debug.Stack()))
					errs[i] = web.ErrInternal.Because(fmt.Errorf("panic: %v", r))
				}
				<-places
			}()
			_, errs[i] = do(ctx, snap.ID)
		})
	}
	working.Wait()
	return errs
}

// inSentence says in the visitor's language why something did not work, and logs what is
// ours to mend.
func (s *Pages) inSentence(c echo.Context, err error) string {
	f := web.FailureOf(err)
	s.LogFailure(c, f)
	return pages.ProblemWords(f, visitor.Of(c).Lang).Text
}

// bulkAnswer tells what came of it; the states come over the event stream.
func (s *Pages) bulkAnswer(c echo.Context, l listing, notice views.Notice, outcome deviceviews.BulkOutcome) error {
	if web.IsFragment(c.Request()) {
		partial, err := deviceviews.BulkPartial(c.Request().Context(), l.lang, outcome)
		if err != nil {
			return err
		}
		return pages.WritePartials(c, http.StatusOK, partial)
	}
	if outcome.Done == outcome.Asked {
		s.SetFlash(c, notice, strconv.Itoa(outcome.Done))
		return c.Redirect(http.StatusSeeOther, l.query.Path())
	}
	return s.renderList(c, http.StatusOK, l, func(p *deviceviews.DevicesPage) { p.Outcome = &outcome })
}

// bulkRefused says that nothing was chosen.
func (s *Pages) bulkRefused(c echo.Context, l listing) error {
	if web.IsFragment(c.Request()) {
		return errNothingChosen
	}
	return s.renderList(c, errNothingChosen.Status, l, func(p *deviceviews.DevicesPage) {
		p.Flash = &views.Flash{Tone: views.ToneDanger, Text: p.Lang.Invalid(errNothingChosen.Code)}
	})
}
