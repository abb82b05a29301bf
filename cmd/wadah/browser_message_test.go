package main

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"wadah/views"
	deviceviews "wadah/views/device"
)

// The last step of linking: a message to oneself, which the phone shows.
func (s scene) testMessage() {
	path, _, phone := s.linked("Uji")
	page := s.visit(path)
	page.state("CONNECTED", "ready")
	page.mark()
	page.click("test-message")
	page.contains("flash", s.lang.Notice(views.NoticeTestSent, "Name", views.FormatNumber(phone)).Text)
	page.expectMark() // it never left the page
	query := url.Values{"phone": {phone}, "chat": {phone}}
	eventually(s.t, func() error {
		_, body, err := request(s.t.Context(), http.MethodGet, s.world.Control+"messages?"+query.Encode(), "", "")
		if err == nil && strings.Count(string(body), deviceviews.TestWords(s.lang, "Uji")) != 1 {
			err = fmt.Errorf("the chat with oneself: %s", body)
		}
		return err
	})
}
