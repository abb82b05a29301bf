package handlers

import (
	"bytes"
	"crypto/rand"
	"image"
	"image/color"
	"image/png"
	"math"
	"sync"
	"testing"

	"github.com/makiuchi-d/gozxing"
	"github.com/makiuchi-d/gozxing/qrcode"

	"wadah/session"
)

// realisticQR is as long as WhatsApp's codes are, and as random.
func realisticQR() string {
	return "https://wa.me/settings/linked_devices#2@" + rand.Text() + rand.Text() + rand.Text() + rand.Text() +
		"," + rand.Text() + rand.Text()[:17] + "=," + rand.Text() + rand.Text()[:17] + "=," + rand.Text() + rand.Text()[:17] + "=,1"
}

// TestQRIsReadFrom300Pixels shrinks the picture to what a browser shows at 300 pixels
// and reads it.
func TestQRIsReadFrom300Pixels(t *testing.T) {
	text := realisticQR()
	img, err := newQRCache().image("one", &session.ShownCode{Text: text})
	if err != nil {
		t.Fatal(err)
	}
	picture, err := png.Decode(bytes.NewReader(img.png))
	if err != nil {
		t.Fatal(err)
	}
	if _, ok := picture.(*image.Paletted); !ok || len(img.png) > 4<<10 {
		t.Errorf("the picture is a %T of %d bytes", picture, len(img.png))
	}
	got, err := readQR(picture)
	if err != nil {
		t.Fatal(err)
	}
	if got.GetText() != text {
		t.Errorf("read %q", got.GetText())
	}
}

// readQR reads as a camera does, which takes picture after picture, never quite from the
// same distance: our reader misjudges one in fifty.
func readQR(picture image.Image) (got *gozxing.Result, err error) {
	hints := map[gozxing.DecodeHintType]any{gozxing.DecodeHintType_TRY_HARDER: true}
	for _, size := range []int{300, 299, 301, 298, 302, 296, 304} {
		var bitmap *gozxing.BinaryBitmap
		if bitmap, err = gozxing.NewBinaryBitmapFromImage(shrink(picture, size)); err != nil {
			return nil, err
		}
		if got, err = qrcode.NewQRCodeReader().Decode(bitmap, hints); err == nil {
			return got, nil
		}
	}
	return nil, err
}

// shrink scales bilinearly, as browsers do.
func shrink(src image.Image, size int) image.Image {
	last := src.Bounds().Dx() - 1
	at := func(x, y int) float64 {
		r, _, _, _ := src.At(min(max(x, 0), last), min(max(y, 0), last)).RGBA()
		return float64(r >> 8)
	}
	out := image.NewGray(image.Rect(0, 0, size, size))
	scale := float64(last+1) / float64(size)
	for y := range size {
		for x := range size {
			fx, fy := (float64(x)+0.5)*scale-0.5, (float64(y)+0.5)*scale-0.5
			x0, y0 := int(math.Floor(fx)), int(math.Floor(fy))
			ax, ay := fx-math.Floor(fx), fy-math.Floor(fy)
			v := (at(x0, y0)*(1-ax)+at(x0+1, y0)*ax)*(1-ay) + (at(x0, y0+1)*(1-ax)+at(x0+1, y0+1)*ax)*ay
			out.SetGray(x, y, color.Gray{Y: uint8(v)})
		}
	}
	return out
}

func TestQRIsDrawnOnceAndForgotten(t *testing.T) {
	c := newQRCache()
	code := &session.ShownCode{Text: "first"}
	seen := make([]*qrImage, 20)
	var all sync.WaitGroup
	for i := range seen {
		all.Go(func() {
			img, err := c.image("one", code)
			if err != nil {
				t.Error(err)
			}
			seen[i] = img
		})
	}
	all.Wait()
	for _, img := range seen {
		if img != seen[0] {
			t.Fatal("drawn more than once")
		}
	}
	if next, err := c.image("one", &session.ShownCode{Text: "second"}); err != nil || next == seen[0] {
		t.Error("the old code is still shown", err)
	}
	c.forget("one")
	c.forget("two")
	if n := len(c.images); n != 0 {
		t.Errorf("%d pictures are kept", n)
	}
}
