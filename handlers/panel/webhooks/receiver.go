package webhooks

import (
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/labstack/echo/v4"

	"wadah/handlers/pages"
	"wadah/handlers/visitor"
	"wadah/handlers/web"
	webhookviews "wadah/views/webhooks"
)

const (
	receiverPath = "/webhooks/receiver/in"
	keptPosts    = 50
	longestPost  = 32 << 10
)

// Receiver is a receiver of webhooks that shows what it gets, for people who try Wadah in
// sandbox mode. It keeps the last posts in memory.
type Receiver struct {
	*pages.Renderer

	mu    sync.Mutex
	posts []webhookviews.Post // newest first
}

// NewReceiver makes it.
func NewReceiver(renderer *pages.Renderer) *Receiver { return &Receiver{Renderer: renderer} }

// address is where it listens, as programs of this machine reach it.
func (r *Receiver) address(c echo.Context) string { return r.BaseURL(c) + receiverPath }

// take takes a post, from programs of this machine alone.
func (r *Receiver) take(c echo.Context) error {
	if !r.Keyless(c.Request()) {
		return web.ErrForbidden
	}
	body, err := io.ReadAll(io.LimitReader(c.Request().Body, longestPost))
	if err != nil {
		return err
	}
	var said struct{ Type string }
	_ = json.Unmarshal(body, &said) // whatever it is, it is shown
	r.mu.Lock()
	defer r.mu.Unlock()
	r.posts = slices.Insert(r.posts, 0, webhookviews.Post{At: time.Now(), Type: said.Type, ID: c.Request().Header.Get("Webhook-Id"), Body: pretty(body)})
	r.posts = r.posts[:min(len(r.posts), keptPosts)]
	return c.NoContent(http.StatusNoContent)
}

func (r *Receiver) page(c echo.Context) error {
	page := webhookviews.ReceiverPage{Page: r.Around(c), Address: r.address(c), Live: "/webhooks/receiver"}
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, p := range r.posts {
		p.At = visitor.Of(c).Zone.At(p.At)
		page.Posts = append(page.Posts, p)
	}
	return r.Render(c, http.StatusOK, webhookviews.Receiver(page))
}
