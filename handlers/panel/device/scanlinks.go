package device

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"wadah/handlers/audit"
	"wadah/handlers/live"
	"wadah/handlers/pages"
	"wadah/handlers/visitor"
	"wadah/handlers/web"
	"wadah/models"
	"wadah/session"
	"wadah/views"
	deviceviews "wadah/views/device"
)

// scanLinksView is the card of the links that let somebody else link the device.
func (s *Pages) scanLinksView(ctx context.Context, deviceID string, z visitor.Zone) (deviceviews.ScanLinks, error) {
	out := deviceviews.ScanLinks{Show: true}
	links, err := s.devices.ScanLinks().List(ctx, deviceID)
	if err != nil {
		return out, err
	}
	for _, l := range links {
		out.List = append(out.List, deviceviews.ScanLink{
			ID: l.ID, CreatedBy: l.CreatedBy, CreatedAt: z.At(l.CreatedAt), ExpiresAt: z.At(l.ExpiresAt),
		})
	}
	return out, nil
}

// createScanLink makes a link for a device that is not linked and shows its address,
// once.
func (s *Pages) createScanLink(c echo.Context) error {
	snap, err := s.snapshot(c)
	if err != nil {
		return err
	}
	ctx, v := c.Request().Context(), visitor.Of(c)
	link, err := s.newScanLink(ctx, snap, v.User.Name, c.FormValue("life"))
	var invalid *models.Invalid
	if errors.As(err, &invalid) || errors.Is(err, session.ErrAlreadyLinked) {
		problem := v.Lang.Invalid(web.FailureOf(err).Code)
		return s.showScanLinks(c, snap, http.StatusUnprocessableEntity, func(l *deviceviews.ScanLinks) { l.Problem = problem }, nil)
	}
	if err != nil {
		return err
	}
	s.trail.Note(c, visitor.Entry(c, audit.ScanLinkCreate, snap.ID, snap.Name))
	address := s.BaseURL(c) + "/scan/" + link.Token
	return s.showScanLinks(c, snap, http.StatusOK, func(l *deviceviews.ScanLinks) {
		for i := range l.List {
			if l.List[i].ID == link.ID {
				l.List[i].URL = address
			}
		}
	}, v.Lang.Notice(views.NoticeScanLinkCreated))
}

// newScanLink makes a link that is valid for life, a duration; "" is the usual one.
func (s *Pages) newScanLink(ctx context.Context, snap session.Snapshot, by, life string) (models.ScanLink, error) {
	var lasts time.Duration
	if life != "" {
		var err error
		if lasts, err = time.ParseDuration(life); err != nil {
			lasts = -1 // refused below, in the store's words
		}
	}
	return s.devices.ScanLinks().Create(ctx, snap.ID, by, lasts)
}

// revokeScanLink ends a link and the pages it has open.
func (s *Pages) revokeScanLink(c echo.Context) error {
	snap, err := s.snapshot(c)
	if err != nil {
		return err
	}
	id := c.Param("link")
	if err := s.store.RevokeScanLink(c.Request().Context(), snap.ID, id); err != nil {
		return err
	}
	s.streams.End(live.ByLink, id)
	s.trail.Note(c, visitor.Entry(c, audit.ScanLinkRevoke, snap.ID, snap.Name))
	s.SetFlash(c, views.NoticeScanLinkRevoked, "")
	return c.Redirect(http.StatusSeeOther, "/devices/"+snap.ID)
}

// showScanLinks answers with the card of links for htmx and with the device's page
// otherwise.
func (s *Pages) showScanLinks(c echo.Context, snap session.Snapshot, status int, change func(*deviceviews.ScanLinks), said *views.Flash) error {
	if !web.IsFragment(c.Request()) {
		return s.show(c, snap, views.DeviceOverview, status, func(page *deviceviews.DevicePage) {
			if change(&page.ScanLinks); said != nil {
				page.Flash = said
			}
		})
	}
	ctx, lang, z := c.Request().Context(), visitor.Of(c).Lang, visitor.Of(c).Zone
	card, err := s.scanLinksView(ctx, snap.ID, z)
	if err != nil {
		return err
	}
	change(&card)
	partial, err := deviceviews.ScanLinksPartial(ctx, lang, pages.Device(snap, z, true), card)
	if err != nil {
		return err
	}
	notice, err := views.NoticePartial(ctx, lang, said)
	if err != nil {
		return err
	}
	return pages.WritePartials(c, status, partial, notice)
}
