package qr

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
	img, err := NewPictures(nil).Of("one", &session.ShownCode{Text: text})
	if err != nil {
		t.Fatal(err)
	}
	picture, err := png.Decode(bytes.NewReader(img.PNG))
	if err != nil {
		t.Fatal(err)
	}
	if _, ok := picture.(*image.Paletted); !ok || len(img.PNG) > 4<<10 {
		t.Errorf("the picture is a %T of %d bytes", picture, len(img.PNG))
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

func TestPicturesAreDrawnOnceAndForgotten(t *testing.T) {
	p := NewPictures(nil)
	code := &session.ShownCode{Text: "first"}
	seen := make([]*Picture, 20)
	var all sync.WaitGroup
	for i := range seen {
		all.Go(func() {
			img, err := p.Of("one", code)
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
	if next, err := p.Of("one", &session.ShownCode{Text: "second"}); err != nil || next == seen[0] {
		t.Error("the old code is still shown", err)
	}
	p.Saw(session.Snapshot{ID: "one", QR: code})
	if n := p.byID.Len(); n != 1 {
		t.Errorf("%d pictures are kept of a code that is shown", n)
	}
	p.Saw(session.Snapshot{ID: "one"})
	p.Saw(session.Snapshot{ID: "two"})
	if n := p.byID.Len(); n != 0 {
		t.Errorf("%d pictures are kept", n)
	}
}
