// Package qr draws the codes by which devices are linked, and keeps each picture no longer
// than its code is shown.
package qr

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"strconv"
	"sync/atomic"

	"github.com/labstack/echo/v4"
	qrcode "github.com/skip2/go-qrcode"

	"wadah/handlers/web"
)

// minSize is the least width of a picture in pixels. Every module is a whole number of
// pixels wide, so that nothing blurs: WhatsApp's codes come out at about 310 pixels, four
// for each module.
const minSize = 300

// PNGType is the media type of the pictures.
const PNGType = "image/png"

// Picture is one QR code as a picture.
type Picture struct {
	Text string
	PNG  []byte
	URI  string // data:image/png;base64,…

	body atomic.Pointer[body]
}

type body struct {
	reader string
	bytes  []byte
}

// Draw makes the picture of a text.
func Draw(text string) (*Picture, error) {
	code, err := qrcode.New(text, qrcode.Medium)
	if err != nil {
		return nil, fmt.Errorf("draw QR: %w", err)
	}
	modules := len(code.Bitmap())
	png, err := code.PNG(-((minSize + modules - 1) / modules))
	if err != nil {
		return nil, fmt.Errorf("draw QR: %w", err)
	}
	return &Picture{Text: text, PNG: png, URI: DataURI(png)}, nil
}

// DataURI is a picture as the src of an img element.
func DataURI(png []byte) string {
	return "data:" + PNGType + ";base64," + base64.StdEncoding.EncodeToString(png)
}

// Body is what build makes of the picture for a reader. Pollers ask again and again, and the
// picture is long: the newest is kept.
func (p *Picture) Body(reader string, build func() []byte) []byte {
	if b := p.body.Load(); b != nil && b.reader == reader {
		return b.bytes
	}
	made := build()
	p.body.Store(&body{reader, made})
	return made
}

// Write answers with the picture itself, for an img element.
func (p *Picture) Write(c echo.Context) error {
	h := c.Response().Header()
	h["Cache-Control"] = web.NoStore
	h["X-Content-Type-Options"] = web.NoSniff
	h["Content-Length"] = []string{strconv.Itoa(len(p.PNG))}
	return c.Blob(http.StatusOK, PNGType, p.PNG)
}
