package phones

import (
	"bytes"
	"context"
	"slices"

	"github.com/labstack/echo/v4"

	"wadah/handlers/live"
	"wadah/handlers/visitor"
	"wadah/views"
	phonesviews "wadah/views/phones"
)

// phonesShown is what one stream has told of the phones. With a dozen of them, sending
// only those that changed keeps the page still.
type phonesShown struct {
	numbers []string
	parts   map[string][]byte // last partial of each phone, by number; "" is what is about all
}

// Events keeps the page of the virtual phones live. Devices change through the
// manager's hub like everywhere, the phones themselves through the sandbox's tokens.
func (s *Pages) Events(c echo.Context) error {
	changes, stop := s.service.Watch()
	defer stop()
	v, shown := visitor.Of(c), &phonesShown{}
	return s.streams.ServeVisitor(c, live.Watch{}, live.Show{
		First: func(ctx context.Context) ([]byte, error) { return s.frame(ctx, v, shown) },
		Changes: func(ctx context.Context, _ live.Batch, send func([]byte)) error {
			now, err := s.frame(ctx, v, shown)
			send(now)
			return err
		},
		News: func() <-chan struct{} { return changes },
	})
}

// frame is what has changed since the last frame; nil for nothing, everything
// when phones have come or gone.
func (s *Pages) frame(ctx context.Context, v *visitor.Visitor, shown *phonesShown) ([]byte, error) {
	page, err := s.view(ctx, views.Page{Lang: v.Lang}, v)
	if err != nil {
		return nil, err
	}
	numbers := make([]string, 0, len(page.Phones))
	parts := make(map[string][]byte, len(page.Phones)+1)
	if parts[""], err = phonesviews.OutagePartial(ctx, page); err != nil {
		return nil, err
	}
	for _, phone := range page.Phones {
		numbers = append(numbers, phone.Number)
		if parts[phone.Number], err = phonesviews.PhonePartial(ctx, page, phone); err != nil {
			return nil, err
		}
	}
	before := *shown
	shown.numbers, shown.parts = numbers, parts
	if !slices.Equal(before.numbers, numbers) || before.parts == nil {
		all, err := phonesviews.PhonesPartial(ctx, page)
		return views.Message(all), err
	}
	var news [][]byte
	for _, number := range slices.Concat([]string{""}, numbers) {
		if !bytes.Equal(before.parts[number], parts[number]) {
			news = append(news, parts[number])
		}
	}
	if len(news) == 0 {
		return nil, nil
	}
	return views.Message(news...), nil
}
