package api

import (
	"context"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"wadah/handlers/qr"
	"wadah/handlers/web"
	"wadah/session"
)

// qrFormat is how getQR answers.
type qrFormat string

const (
	qrAsImage qrFormat = "image" // the specification's answer
	qrAsText  qrFormat = "text"  // the same, and what the code says
	qrAsPNG   qrFormat = "png"   // the picture alone
)

// defaultWait is how long getQR waits for the first code, in seconds. The longest wait stays
// under the 30 s after which many HTTP clients and proxies give up.
const defaultWait = 10

// What getQR takes.
var (
	qrWait = &parameter{name: "wait", kind: kindWhole, from: 0, to: 25, wrong: &web.Failure{
		Status: http.StatusBadRequest, Code: "bad_wait", Message: "wait must be a whole number of seconds from 0 to 25.",
	}}
	qrAs = &parameter{name: "format", kind: kindChoice, among: []string{string(qrAsImage), string(qrAsText), string(qrAsPNG)}, wrong: &web.Failure{
		Status: http.StatusBadRequest, Code: "bad_format",
		Message: "format must be image, text or png; without it the answer is an image in JSON.",
	}}
)

// getQR answers the newest QR as a data URI. While one is on its way it waits;
// in every other case it answers 409 and says how the device stands.
func (s *Calls) getQR(c echo.Context, call deviceCall) error {
	wait, format := time.Duration(call.in.whole(qrWait, defaultWait))*time.Second, qrFormat(call.in.text(qrAs))
	snap, err := call.snap, error(nil)
	if qr.Current(snap) == nil {
		s.devices.ExtendScanWindow(snap.ID)
		if wait > 0 {
			snap, err = s.waitCode(c, snap.ID, wait)
		}
	}
	if err != nil {
		return err
	}
	img, err := s.pictures.Shown(snap)
	switch {
	case err != nil:
		return err
	case img == nil:
		return noQR(snap)
	case format == qrAsPNG:
		return img.Write(c)
	case format == qrAsText:
		return web.WriteJSON(c, http.StatusOK, qrTextAnswer(img, call.key))
	}
	return web.WriteJSON(c, http.StatusOK, img.Body(call.key, func() []byte { return qrAnswer(img, call.key) }))
}

// qrAnswer is what the specification answers to a program that asks with key.
func qrAnswer(img *qr.Picture, key string) []byte { return append(qrFields(img, key), "}}"...) }

// qrTextAnswer is qrAnswer with what the code says beside it.
func qrTextAnswer(img *qr.Picture, key string) []byte {
	body := append(qrFields(img, key), `,"qrText":`...)
	return append(web.AppendString(body, img.Text), "}}"...)
}

// qrFields is the answer up to the closing braces.
func qrFields(img *qr.Picture, key string) []byte {
	body := make([]byte, 0, len(img.URI)+len(img.Text)+256)
	body = append(body, `{"code":200,"results":{"apiKey":`...)
	body = web.AppendString(body, key)
	body = append(body, `,"message":"Put the result get QR object into the src of the image tag.","qrString":"`...)
	body = append(body, img.URI...)
	return append(body, `","state":"SERVICE_SCAN"`...)
}

// waitCode waits until the device shows a QR, none is on its way, or the time is up.
func (s *Calls) waitCode(c echo.Context, id string, wait time.Duration) (session.Snapshot, error) {
	defer web.AllowTime(c, wait)()
	ctx, cancel := context.WithTimeout(c.Request().Context(), wait)
	defer cancel()
	return s.devices.WaitCode(ctx, id)
}

// noQR explains why there is no QR to scan now.
func noQR(snap session.Snapshot) *web.Failure {
	f := &web.Failure{Status: http.StatusConflict, State: snap.State, Reason: snap.Reason}
	switch snap.State {
	case session.StateConnected:
		f.Code, f.Message = "already_connected", "The device is connected and needs no QR code. To link another account, call serviceLogout first."
	case session.StateScan:
		if snap.Phone == nil { // one code has just ended, and the next is not there yet
			noQRPairing(f, snap)
			break
		}
		f.Code, f.Message = "code_shown", "The device is being linked with a phone code and shows no QR code. To get one, call serviceRestart."
	case session.StatePairing:
		noQRPairing(f, snap)
	case session.StateOff:
		noQROff(f, snap)
	}
	return f
}

func noQRPairing(f *web.Failure, snap session.Snapshot) {
	switch {
	case snap.Reason == session.ReasonPasskey:
		f.Code, f.Message = "passkey_needed", "WhatsApp asks for a passkey before it links the device. Call getPasskeyRequest."
	case snap.Linked():
		f.Code, f.Message = "connecting", "The device is linked and connecting to WhatsApp; it needs no QR code."
	case snap.Reason == session.ReasonAuthenticating:
		f.Code, f.Message = "authenticating", "The QR code was scanned and the phone is linking the device. Watch getState."
	default:
		f.Code, f.Message = "qr_pending", "WhatsApp has not sent a QR code yet. Try again in a few seconds."
		f.RetryAfter = 2 * time.Second
	}
}

func noQROff(f *web.Failure, snap session.Snapshot) {
	switch snap.Reason {
	case session.ReasonBanned:
		f.Code, f.Message = "banned", "WhatsApp has locked this account for a while. Start the device again when the lock ends."
		f.RetryAfter = max(0, time.Until(snap.Until))
	case session.ReasonOutdated:
		f.Code, f.Message = "outdated", "WhatsApp no longer accepts this version of Wadah. Update Wadah, then call serviceStart."
	case session.ReasonReplaced:
		f.Code, f.Message = "replaced", "The same link was opened elsewhere. End it there, then call serviceStart."
	case session.ReasonRejected:
		f.Code, f.Message = "rejected", "WhatsApp refused the login for now. The device keeps trying by itself; ask again later."
		f.RetryAfter = 30 * time.Second
	case session.ReasonProxyFailed:
		f.Code, f.Message = "proxy_failed", "The device's proxy does not let us through. Mend the proxy: the device keeps trying by itself."
		f.RetryAfter = 30 * time.Second
	case session.ReasonNetwork:
		f.Code, f.Message = "network", "WhatsApp is out of reach. The device keeps trying by itself; ask again later."
		f.RetryAfter = 30 * time.Second
	case session.ReasonStorage:
		f.Code, f.Message = "storage", "The server cannot use its storage right now. The device keeps trying by itself; ask again later."
		f.RetryAfter = 30 * time.Second
	default:
		f.Code, f.Message = "not_started", "The device is off. Call serviceStart, then getQR again."
	}
}
