package sandbox

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"image"
	_ "image/png" // decoder
	"log/slog"
	"strings"
	"time"

	"github.com/makiuchi-d/gozxing"
	"github.com/makiuchi-d/gozxing/qrcode"

	"wadah/session/sandbox/stanza"
)

const (
	qrPrefix = "https://wa.me/settings/linked_devices#"
	qrParts  = 5 // ref, noise key, identity key, secret, client type

	maxPicturePixels = 4096 * 4096
)

// qrCode is what a WhatsApp linking code says.
type qrCode struct {
	ref                string
	noiseKey, identity [32]byte
	advSecret          []byte
}

// parseQR reads the text of a code, with or without the address in front.
func parseQR(text string) (qrCode, error) {
	text = strings.TrimSpace(text)
	text = strings.TrimPrefix(text, qrPrefix)
	parts := strings.Split(text, ",")
	if len(parts) != qrParts || parts[0] == "" {
		return qrCode{}, ErrQRText
	}
	var keys [3][]byte
	for i := range keys {
		raw, err := base64.StdEncoding.DecodeString(parts[i+1])
		if err != nil || len(raw) != 32 {
			return qrCode{}, ErrQRText
		}
		keys[i] = raw
	}
	return qrCode{ref: parts[0], noiseKey: [32]byte(keys[0]), identity: [32]byte(keys[1]), advSecret: keys[2]}, nil
}

// Scan lets the phone with this number scan a device's QR code, given as text,
// and waits until the device is linked. Its errors say why it is not: the phone
// (ErrPhone…), the code (ErrQR…), or the device (ErrDevice…).
func (s *Service) Scan(ctx context.Context, number, qrText string) (Companion, error) {
	companion, err := s.scan(ctx, number, qrText)
	s.count(func(n *counters) {
		n.scans++
		if err != nil && !errors.Is(err, ErrPasskeyAsked) {
			n.scansFailed++
		}
	})
	return companion, err
}

func (s *Service) scan(ctx context.Context, number, qrText string) (Companion, error) {
	code, err := parseQR(qrText)
	if err != nil {
		return Companion{}, err
	}
	l, err := s.claimQR(number, code)
	if err != nil {
		return Companion{}, err
	}
	s.log.Info("code scanned", slog.String("phone", stanza.MaskNumber(number)), slog.String("conn", l.registration.conn.id))
	if err := s.proceed(l); err != nil {
		s.mu.Lock()
		s.failLink(l, fmt.Errorf("%w: %w", ErrDeviceGone, err))
		s.mu.Unlock()
	}
	return s.await(ctx, l)
}

// claimQR checks a scanned code and begins the link.
func (s *Service) claimQR(number string, code qrCode) (*link, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p, err := s.readyPhone(number)
	if err != nil {
		return nil, err
	}
	r := s.refs[code.ref]
	if r == nil {
		return nil, ErrQRUnknown
	}
	if err := r.checkRef(s, code.ref, time.Now()); err != nil {
		return nil, err
	}
	if code.noiseKey != r.conn.noiseKey || code.identity != r.keys.identity {
		return nil, ErrQRMismatch
	}
	return s.beginLink(r, p, code.advSecret)
}

// readyPhone returns a phone that can link. The caller holds mu.
func (s *Service) readyPhone(number string) (*phone, error) {
	p := s.phones[number]
	switch {
	case s.closed:
		return nil, ErrClosed
	case p == nil:
		return nil, ErrPhoneUnknown
	case !p.online:
		return nil, ErrPhoneOffline
	}
	return p, nil
}

// ScanPNG is [Service.Scan] with a picture of the code, as a camera sees it.
func (s *Service) ScanPNG(ctx context.Context, number string, png []byte) (Companion, error) {
	text, err := readQR(png)
	if err != nil {
		return Companion{}, err
	}
	return s.Scan(ctx, number, text)
}

func readQR(png []byte) (string, error) {
	config, _, err := image.DecodeConfig(bytes.NewReader(png))
	if err != nil || config.Width*config.Height > maxPicturePixels {
		return "", ErrQRPicture
	}
	picture, _, err := image.Decode(bytes.NewReader(png))
	if err != nil {
		return "", ErrQRPicture
	}
	bitmap, err := gozxing.NewBinaryBitmapFromImage(picture)
	if err != nil {
		return "", ErrQRPicture
	}
	// Looking for the code as in a photo misses about one clean picture in sixty,
	// which reading it as nothing but a code does not.
	for _, hint := range []gozxing.DecodeHintType{gozxing.DecodeHintType_TRY_HARDER, gozxing.DecodeHintType_PURE_BARCODE} {
		found, err := qrcode.NewQRCodeReader().Decode(bitmap, map[gozxing.DecodeHintType]any{hint: true})
		if err == nil {
			return found.GetText(), nil
		}
	}
	return "", ErrQRPicture
}
