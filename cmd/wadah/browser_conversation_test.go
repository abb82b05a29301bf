package main

import (
	"fmt"
	"math"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"wadah/session/sandbox/chat"
)

// somebody is a phone that writes to others.
type somebody struct {
	t      *testing.T
	world  *world
	number string
	with   string // whom it writes to
}

// writes sends a message from the phone.
func (p somebody) writes(text string) {
	p.t.Helper()
	p.world.control("send", map[string]any{"phone": p.number, "to": p.with, "text": text})
}

// sees waits until the phone shows a message, and returns it.
func (p somebody) sees(what string, is func(chat.Message) bool) (seen chat.Message) {
	p.t.Helper()
	query := url.Values{"phone": {p.number}, "chat": {p.with}}
	eventually(p.t, func() error {
		status, body, err := request(p.t.Context(), http.MethodGet, p.world.Control+"messages?"+query.Encode(), "", "")
		if err != nil || status != http.StatusOK {
			return fmt.Errorf("messages: %d %w", status, err)
		}
		list, err := unmarshal[[]chat.Message](body)
		if err != nil {
			return err
		}
		for _, m := range list {
			if is(m) {
				seen = m
				return nil
			}
		}
		return fmt.Errorf("the phone does not show %s: %s", what, body)
	})
	return seen
}

// A customer writes, somebody answers in the panel, and both see what the other does, at
// once. What one reads does not move meanwhile.
func (s scene) conversation() {
	path, _, ours := s.linked("Layanan")
	customer := somebody{s.t, s.world, s.world.newPhone(), ours}
	customer.writes("Apakah batik biru masih ada?")

	page := s.visit(path)
	page.click("to-messages")
	page.contains("chat-row", "Apakah batik biru")
	page.click("chat-row")
	page.contains("message", "Apakah batik biru masih ada?")
	page.mark()

	customer.writes("Ukuran L")
	page.holds(`document.querySelectorAll("[data-testid=message]").length === 2`, `document.getElementById("chat-news").textContent !== ""`)

	page.fill("composer-text", "Masih ada")
	page.enter()
	page.holds(`document.querySelectorAll(".message-mine").length === 1`, `document.getElementById("composer-text").value === ""`)
	answer := customer.sees("the answer", func(m chat.Message) bool { return m.Text == "Masih ada" })
	page.holds(`["delivered", "read"].includes(document.querySelector(".message-mine").dataset.status)`)
	s.world.control("read", map[string]any{"phone": customer.number, "chat": ours})
	page.holds(`document.querySelector(".message-mine").dataset.status === "read"`)
	s.world.control("react", map[string]any{"phone": customer.number, "chat": ours, "id": answer.ID, "emoji": "🙏"})
	page.holds(`document.querySelector(".message-mine .bubble-reactions").textContent.includes("🙏")`)

	page.do(`document.querySelector("[data-testid=message-menu]").click()`)
	page.click("message-reply")
	page.visible("composer-cancel")
	page.fill("composer-text", "Yang mana?")
	page.click("composer-send")
	customer.sees("the quote", func(m chat.Message) bool { return m.Text == "Yang mana?" && m.Quote != nil })
	page.holds(`!document.querySelector("[data-testid=composer-cancel]")`)
	page.do(`document.querySelector("[data-testid=message-menu]").click()`)
	page.click("message-react")
	customer.sees("the reaction", func(m chat.Message) bool { return len(m.Reactions) == 1 && m.Text == "Apakah batik biru masih ada?" })

	page.click("chat-seen")
	page.holds(`!document.querySelector("[data-testid=chat-seen]")`)

	// Much comes while somebody reads far above.
	for n := range 25 {
		customer.writes(fmt.Sprintf("Pesan panjang nomor %d: %s", n, strings.Repeat("kain ", 20)))
	}
	page.holds(`document.querySelectorAll("[data-testid=message]").length === 29`)
	page.do(`document.getElementById("chat-scroll").scrollTop = -600`)
	page.do(`window.reading = [...document.querySelectorAll("[data-testid=message]")].find((m) => m.getBoundingClientRect().top > 300)`)
	const where = `window.reading.getBoundingClientRect().top`
	place := value[float64](page, where)
	page.do(watchShifts)
	for n := range 10 {
		customer.writes(fmt.Sprintf("Lagi %d", n))
	}
	page.holds(`document.querySelectorAll("[data-testid=message]").length === 39`)
	if now := value[float64](page, where); math.Abs(now-place) > 1 {
		s.t.Errorf("what somebody reads stood at %v and stands at %v", place, now)
	}
	page.calm()
	page.expectMark()

	// Older ones come as one scrolls.
	for n := range 30 {
		customer.writes(fmt.Sprintf("Dan %d", n))
	}
	page.holds(`document.querySelectorAll("[data-testid=message]").length === 69`)
	page.open(value[string](page, `location.href`))
	page.holds(`document.querySelectorAll("[data-testid=message]").length === 50`)
	page.do(`document.getElementById("chat-scroll").scrollTop = -1e6`)
	page.holds(`document.querySelectorAll("[data-testid=message]").length === 69`, `!document.querySelector("[data-testid=message-older]")`)

	page.fill("chat-search", customer.number[len(customer.number)-6:])
	page.holds(`document.querySelectorAll("#chat-found [data-testid=chat-row]").length === 1`)
	page.expect(`location.search`, "")
}
