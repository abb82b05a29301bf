package router_test

import (
	"bytes"
	"errors"
	"image"
	"image/jpeg"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"go.mau.fi/whatsmeow"
	"go.mau.fi/whatsmeow/proto/waE2E"
	"go.mau.fi/whatsmeow/proto/waMmsRetry"
	"go.mau.fi/whatsmeow/types"
	"go.mau.fi/whatsmeow/types/events"
	"google.golang.org/protobuf/proto"

	"wadah/session/sandbox/chat"
	"wadah/session/sandbox/handset"
	"wadah/session/sandbox/sandboxtest"
)

func pictureFile(t *testing.T) []byte {
	t.Helper()
	var file bytes.Buffer
	if err := jpeg.Encode(&file, image.NewGray(image.Rect(0, 0, 200, 100)), nil); err != nil {
		t.Fatal(err)
	}
	return file.Bytes()
}

func TestAttachmentsBothWays(t *testing.T) {
	w := newWorld(t)
	file := pictureFile(t)
	up, err := w.a.Upload(t.Context(), file, whatsmeow.MediaImage)
	if err != nil {
		t.Fatal(err)
	}
	sent, err := w.a.SendMessage(t.Context(), number(sandboxtest.PhoneB), &waE2E.Message{ImageMessage: &waE2E.ImageMessage{
		DirectPath: &up.DirectPath, MediaKey: up.MediaKey, FileEncSHA256: up.FileEncSHA256, FileSHA256: up.FileSHA256,
		FileLength: &up.FileLength, Mimetype: proto.String("image/jpeg"), Caption: proto.String("look"),
	}})
	if err != nil {
		t.Fatal(err)
	}
	shown := w.shows(w.budi, sent.ID, func(m chat.Message) bool { return m.Kind == chat.Picture })
	opened, about, err := w.budi.Download(shown.Chat, shown.ID)
	if err != nil || !bytes.Equal(opened, file) || about.Type != "image/jpeg" || shown.Text != "look" {
		t.Errorf("the phone opens %d bytes of %+v: %v", len(opened), about, err)
	}
	got := sandboxtest.WaitUntil(w.b, func(m *events.Message) bool { return m.Info.ID == sent.ID })
	if opened, err := w.b.Download(t.Context(), got.Message.GetImageMessage()); err != nil || !bytes.Equal(opened, file) {
		t.Errorf("b opens %d bytes: %v", len(opened), err)
	}
	for kind, draft := range map[string]handset.Draft{
		"picture":  {Text: "back", Attachment: &handset.Attachment{Kind: chat.Picture, Data: file, Type: "image/jpeg"}},
		"voice":    {Attachment: &handset.Attachment{Kind: chat.Voice, Data: []byte("OggS…"), Type: "audio/ogg; codecs=opus", Seconds: 3}},
		"document": {Text: "with words", Attachment: &handset.Attachment{Kind: chat.Document, Data: []byte("%PDF"), Type: "application/pdf", Name: "a.pdf"}},
		"sticker":  {Attachment: &handset.Attachment{Kind: chat.Sticker, Data: []byte("RIFF"), Type: "image/webp"}},
		"once":     {ViewOnce: true, Attachment: &handset.Attachment{Kind: chat.Picture, Data: file, Type: "image/jpeg"}},
	} {
		sent, err := w.budi.Write(t.Context(), sandboxtest.PhoneA, draft)
		if err != nil || sent.Status == chat.Failed {
			t.Fatalf("%s: %+v %v", kind, sent, err)
		}
		got := sandboxtest.WaitUntil(w.a, func(m *events.Message) bool { return m.Info.ID == sent.ID })
		opened, err := w.a.Download(t.Context(), attachmentOf(got.Message))
		if err != nil || !bytes.Equal(opened, draft.Attachment.Data) {
			t.Errorf("%s: a opens %d bytes: %v", kind, len(opened), err)
		}
		if got.IsViewOnce != draft.ViewOnce || sent.ViewOnce != draft.ViewOnce {
			t.Errorf("%s: view once is %v", kind, got.IsViewOnce)
		}
	}
}

func attachmentOf(m *waE2E.Message) whatsmeow.DownloadableMessage {
	switch {
	case m.AudioMessage != nil:
		return m.AudioMessage
	case m.DocumentMessage != nil:
		return m.DocumentMessage
	case m.StickerMessage != nil:
		return m.StickerMessage
	default:
		return m.ImageMessage
	}
}

func TestAttachmentIsUploadedAgain(t *testing.T) {
	w := newWorld(t)
	sent, err := w.budi.Write(t.Context(), sandboxtest.PhoneA, handset.Draft{
		Attachment: &handset.Attachment{Kind: chat.Document, Data: []byte("a file"), Type: "text/plain", Name: "a.txt"},
	})
	if err != nil {
		t.Fatal(err)
	}
	got := sandboxtest.WaitUntil(w.a, func(m *events.Message) bool { return m.Info.ID == sent.ID })
	document := got.Message.GetDocumentMessage()
	w.shows(w.ana, sent.ID, func(chat.Message) bool { return true })
	for _, status := range []int{403, 404, 410} {
		if err := w.s.ExpireMedia(document.GetDirectPath(), status); err != nil {
			t.Fatal(err)
		}
		var refused whatsmeow.DownloadHTTPError
		if _, err := w.a.Download(t.Context(), document); !errors.As(err, &refused) || refused.StatusCode != status {
			t.Errorf("want %d, got %v", status, err)
		}
	}
	if err := w.a.SendMediaRetryReceipt(t.Context(), &got.Info, document.GetMediaKey()); err != nil {
		t.Fatal(err)
	}
	answer := sandboxtest.WaitUntil(w.a, func(e *events.MediaRetry) bool { return e.MessageID == sent.ID })
	where, err := whatsmeow.DecryptMediaRetryNotification(answer, document.GetMediaKey())
	if err != nil || where.GetResult() != waMmsRetry.MediaRetryNotification_SUCCESS {
		t.Fatalf("%v %v", where, err)
	}
	document.DirectPath = where.DirectPath
	if opened, err := w.a.Download(t.Context(), document); err != nil || string(opened) != "a file" {
		t.Errorf("after it was uploaded again: %q %v", opened, err)
	}
	// What the phone does not have it cannot give.
	info := types.MessageInfo{MessageSource: got.Info.MessageSource, ID: "UNKNOWN"}
	if err := w.a.SendMediaRetryReceipt(t.Context(), &info, document.GetMediaKey()); err != nil {
		t.Fatal(err)
	}
	answer = sandboxtest.WaitUntil(w.a, func(e *events.MediaRetry) bool { return e.MessageID == "UNKNOWN" })
	if _, err := whatsmeow.DecryptMediaRetryNotification(answer, document.GetMediaKey()); !errors.Is(err, whatsmeow.ErrMediaNotAvailableOnPhone) {
		t.Errorf("a message that the phone has not: %v", err)
	}
}

func TestMediaServerIsStrict(t *testing.T) {
	w := newWorld(t)
	file := []byte("a file that is a little longer than the others")
	up, err := w.a.Upload(t.Context(), file, whatsmeow.MediaDocument)
	if err != nil {
		t.Fatal(err)
	}
	base := "http" + strings.TrimSuffix(strings.TrimPrefix(w.s.URL(), "ws"), "/ws/chat")
	ask := func(method, path, part string, body []byte) (int, []byte) {
		t.Helper()
		request, err := http.NewRequestWithContext(t.Context(), method, base+path, bytes.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		if part != "" {
			request.Header.Set("Range", part)
		}
		answer, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = answer.Body.Close() }()
		raw, err := io.ReadAll(answer.Body)
		if err != nil {
			t.Fatal(err)
		}
		return answer.StatusCode, raw
	}
	status, whole := ask("GET", up.DirectPath, "", nil)
	if status != http.StatusOK || len(whole) < len(file) {
		t.Fatalf("%d, %d bytes", status, len(whole))
	}
	if status, part := ask("GET", up.DirectPath, "bytes=5-9", nil); status != http.StatusPartialContent || !slices.Equal(part, whole[5:10]) {
		t.Errorf("a part: %d %q", status, part)
	}
	for name, test := range map[string]struct {
		method, path string
		want         int
	}{
		"no such file":       {"GET", strings.Replace(up.DirectPath, "document_", "image_", 1), 404},
		"a path that climbs": {"GET", "/v/t62.7118-24/..%2F..%2Fetc%2Fpasswd.enc", 404},
		"another hash":       {"GET", up.DirectPath + "&hash=AAAA", 403},
		"without auth":       {"POST", "/mms/image/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=?token=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", 401},
		"no page of HTML":    {"GET", "/mms/image/x", 405},
		"no page either":     {"GET", "/anything", 404},
	} {
		if status, _ := ask(test.method, test.path, "", []byte("x")); status != test.want {
			t.Errorf("%s: %d, want %d", name, status, test.want)
		}
	}
	if got := w.s.Violations().Counts()["media"]; got != 1 {
		t.Errorf("%d violations", got)
	}
	w.s.Violations().Clear()
}

func TestPictures(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	if _, err := w.a.GetProfilePictureInfo(ctx, number(sandboxtest.PhoneB), nil); !errors.Is(err, whatsmeow.ErrProfilePictureNotSet) {
		t.Errorf("no picture yet: %v", err)
	}
	if _, err := w.b.SetGroupPhoto(ctx, types.EmptyJID, []byte("not a picture")); !errors.Is(err, whatsmeow.ErrInvalidImageFormat) {
		t.Errorf("not a picture: %v", err)
	}
	id, err := w.b.SetGroupPhoto(ctx, types.EmptyJID, pictureFile(t)) // without a target it is one's own
	if err != nil {
		t.Fatal(err)
	}
	info, err := w.a.GetProfilePictureInfo(ctx, number(sandboxtest.PhoneB), nil)
	if err != nil || info.ID != id {
		t.Fatalf("%+v %v", info, err)
	}
	if data, err := w.a.DownloadMediaWithOnlyPath(ctx, info.DirectPath); err != nil || !bytes.Equal(data, pictureFile(t)) {
		t.Errorf("%d bytes, %v", len(data), err)
	}
	if known, err := w.a.GetProfilePictureInfo(ctx, number(sandboxtest.PhoneB), &whatsmeow.GetProfilePictureParams{ExistingID: id}); known != nil || err != nil {
		t.Errorf("the picture that is known: %+v %v", known, err)
	}
	if _, err := w.b.SetPrivacySetting(ctx, types.PrivacySettingTypeProfile, types.PrivacySettingNone); err != nil {
		t.Fatal(err)
	}
	if _, err := w.a.GetProfilePictureInfo(ctx, number(sandboxtest.PhoneB), nil); !errors.Is(err, whatsmeow.ErrProfilePictureUnauthorized) {
		t.Errorf("a hidden picture: %v", err)
	}
}
