package settings

import (
	"context"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"wadah/handlers/visitor"
	"wadah/models"
	"wadah/views"
	settingsviews "wadah/views/settings"
)

// keepFields are the ages of what is kept of messages: the form's field, and the name under
// which a change is written down.
var keepFields = []struct {
	field, setting string
	of             func(*models.Retention) *time.Duration
}{
	{"bodies", "message_bodies_days", func(r *models.Retention) *time.Duration { return &r.Bodies }},
	{"index", "message_index_days", func(r *models.Retention) *time.Duration { return &r.Index }},
	{"events", "message_events_days", func(r *models.Retention) *time.Duration { return &r.Events }},
}

const day = 24 * time.Hour

// messagesView is who may read messages and how long they are kept.
func (s *Pages) messagesView(ctx context.Context, page *settingsviews.SettingsPage) (err error) {
	if page.Readers, err = visitor.Readers(ctx, s.store); err != nil {
		return err
	}
	keep, err := s.store.Retention(ctx)
	page.Keep = make(map[string]string, len(keepFields))
	for _, f := range keepFields {
		page.Keep[f.field] = strconv.Itoa(int(*f.of(&keep) / day))
	}
	return err
}

// setReaders says whose people may read messages beside admins.
func (s *Pages) setReaders(c echo.Context) error {
	ctx := c.Request().Context()
	before, err := visitor.Readers(ctx, s.store)
	if err != nil {
		return err
	}
	roles, err := visitor.SetReaders(ctx, s.store, c.Request().PostForm["role"])
	if err != nil {
		return err
	}
	s.noteSetting(c, visitor.ReadersSetting, strings.Join(before, ",")+" → "+strings.Join(roles, ","))
	return s.settingsDone(c, views.NoticeSettingsSaved, "")
}

// setKeep says how many days messages and events are kept.
func (s *Pages) setKeep(c echo.Context) error {
	ctx := c.Request().Context()
	before, err := s.store.Retention(ctx)
	if err != nil {
		return err
	}
	keep, problems := before, map[string]string{}
	for _, f := range keepFields {
		days, err := strconv.Atoi(strings.TrimSpace(c.FormValue(f.field)))
		if err != nil || days < 0 || days > int(models.MaxRetention/day) {
			problems[f.field] = visitor.Of(c).Lang.Invalid("retention_range")
			continue
		}
		*f.of(&keep) = time.Duration(days) * day
	}
	if len(problems) > 0 {
		return s.showSettings(c, http.StatusUnprocessableEntity, func(page *settingsviews.SettingsPage) {
			page.Problems = problems
			for _, f := range keepFields {
				page.Keep[f.field] = c.FormValue(f.field)
			}
		})
	}
	if err := s.store.SetRetention(ctx, keep); err != nil {
		return err
	}
	for _, f := range keepFields {
		if from, to := *f.of(&before), *f.of(&keep); from != to {
			s.noteSetting(c, f.setting, strconv.Itoa(int(from/day))+" → "+strconv.Itoa(int(to/day)))
		}
	}
	return s.settingsDone(c, views.NoticeSettingsSaved, "")
}
