package handlers

import (
	"encoding/base64"
	"fmt"
	"sync"
	"sync/atomic"

	qrcode "github.com/skip2/go-qrcode"

	"wadah/handlers/web"
	"wadah/session"
)

// qrMinSize is the least width of a QR picture in pixels. Every module is a whole
// number of pixels wide, so that nothing blurs: WhatsApp's codes come out at about
// 310 pixels, four for each module.
const qrMinSize = 300

// qrImage is one QR code as a picture.
type qrImage struct {
	text string
	once sync.Once
	png  []byte
	uri  string // data:image/png;base64,…
	err  error

	answer atomic.Pointer[qrAnswer]
}

// qrAnswer is what getQR answers to who asks with a key. Pollers ask again and again
// with the same one, and the picture is long: the newest answer is kept.
type qrAnswer struct {
	key  string
	body []byte
}

// answerTo is getQR's answer to key. The picture must have been drawn.
func (q *qrImage) answerTo(key string) []byte {
	if a := q.answer.Load(); a != nil && a.key == key {
		return a.body
	}
	body := append(q.fieldsFor(key), "}}"...)
	q.answer.Store(&qrAnswer{key, body})
	return body
}

// textTo is answerTo with what the code says beside it.
func (q *qrImage) textTo(key string) []byte {
	body := append(q.fieldsFor(key), `,"qrText":`...)
	return append(web.AppendString(body, q.text), "}}"...)
}

// fieldsFor is what the specification answers, up to the closing braces.
func (q *qrImage) fieldsFor(key string) []byte {
	body := make([]byte, 0, len(q.uri)+len(q.text)+256)
	body = append(body, `{"code":200,"results":{"apiKey":`...)
	body = web.AppendString(body, key)
	body = append(body, `,"message":"Put the result get QR object into the src of the image tag.","qrString":"`...)
	body = append(body, q.uri...)
	return append(body, `","state":"SERVICE_SCAN"`...)
}

func (q *qrImage) draw() {
	code, err := qrcode.New(q.text, qrcode.Medium)
	if err != nil {
		q.err = fmt.Errorf("draw QR: %w", err)
		return
	}
	modules := len(code.Bitmap())
	q.png, err = code.PNG(-((qrMinSize + modules - 1) / modules))
	if err != nil {
		q.err = fmt.Errorf("draw QR: %w", err)
		return
	}
	q.uri = dataURI(q.png)
}

// pngType is the media type of the pictures.
const pngType = "image/png"

// dataURI is a picture as the src of an img element.
func dataURI(png []byte) string {
	return "data:" + pngType + ";base64," + base64.StdEncoding.EncodeToString(png)
}

// qrCache holds the picture of the newest code of each device: drawing takes
// milliseconds and every poll asks for the same one. It lives in memory only.
type qrCache struct {
	mu     sync.RWMutex
	images map[string]*qrImage // by device ID
}

func newQRCache() *qrCache { return &qrCache{images: make(map[string]*qrImage)} }

// image is the picture of the code the device shows, drawn once however many ask.
func (c *qrCache) image(deviceID string, code *session.ShownCode) (*qrImage, error) {
	c.mu.RLock()
	img := c.images[deviceID]
	c.mu.RUnlock()
	if img == nil || img.text != code.Text {
		c.mu.Lock()
		if img = c.images[deviceID]; img == nil || img.text != code.Text {
			img = &qrImage{text: code.Text}
			c.images[deviceID] = img
		}
		c.mu.Unlock()
	}
	img.once.Do(img.draw)
	return img, img.err
}

// forget drops the picture of a device that shows no code any more.
func (c *qrCache) forget(deviceID string) {
	c.mu.RLock()
	_, held := c.images[deviceID]
	c.mu.RUnlock()
	if !held {
		return
	}
	c.mu.Lock()
	delete(c.images, deviceID)
	c.mu.Unlock()
}
