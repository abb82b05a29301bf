package handset

import (
	"bytes"
	"image"
	_ "image/gif" // decoder
	"image/jpeg"
	_ "image/png" // decoder

	"go.mau.fi/whatsmeow/proto/waE2E"
	"google.golang.org/protobuf/proto"

	"wadah/session/sandbox/media"
)

// fields are what the messages of all attachments have.
type fields struct {
	path   *string
	size   *uint64
	kind   *string
	sealed media.Sealed
	now    int64
}

func (f fields) picture(data []byte, caption string, about *waE2E.ContextInfo) *waE2E.Message {
	m := &waE2E.ImageMessage{
		DirectPath: f.path, FileLength: f.size, Mimetype: f.kind, MediaKey: f.sealed.Key, FileSHA256: f.sealed.Hash,
		FileEncSHA256: f.sealed.EncHash, MediaKeyTimestamp: &f.now, Caption: text(caption), ContextInfo: about,
	}
	if picture, _, err := image.Decode(bytes.NewReader(data)); err == nil {
		size := picture.Bounds()
		m.Width, m.Height = proto.Uint32(uint32(size.Dx())), proto.Uint32(uint32(size.Dy()))
		m.JPEGThumbnail = thumbnail(picture)
	}
	return &waE2E.Message{ImageMessage: m}
}

func (f fields) video(seconds int, caption string, about *waE2E.ContextInfo) *waE2E.Message {
	return &waE2E.Message{VideoMessage: &waE2E.VideoMessage{
		DirectPath: f.path, FileLength: f.size, Mimetype: f.kind, MediaKey: f.sealed.Key, FileSHA256: f.sealed.Hash,
		FileEncSHA256: f.sealed.EncHash, MediaKeyTimestamp: &f.now, Caption: text(caption), ContextInfo: about,
		Seconds: proto.Uint32(uint32(seconds)),
	}}
}

func (f fields) audio(voice bool, seconds int, about *waE2E.ContextInfo) *waE2E.Message {
	return &waE2E.Message{AudioMessage: &waE2E.AudioMessage{
		DirectPath: f.path, FileLength: f.size, Mimetype: f.kind, MediaKey: f.sealed.Key, FileSHA256: f.sealed.Hash,
		FileEncSHA256: f.sealed.EncHash, MediaKeyTimestamp: &f.now, ContextInfo: about,
		Seconds: proto.Uint32(uint32(seconds)), PTT: proto.Bool(voice),
	}}
}

func (f fields) sticker(about *waE2E.ContextInfo) *waE2E.Message {
	return &waE2E.Message{StickerMessage: &waE2E.StickerMessage{
		DirectPath: f.path, FileLength: f.size, Mimetype: f.kind, MediaKey: f.sealed.Key, FileSHA256: f.sealed.Hash,
		FileEncSHA256: f.sealed.EncHash, MediaKeyTimestamp: &f.now, ContextInfo: about,
		Width: proto.Uint32(512), Height: proto.Uint32(512),
	}}
}

// document makes the message of a file; one with words under it comes wrapped.
func (f fields) document(name, caption string, about *waE2E.ContextInfo) *waE2E.Message {
	m := &waE2E.Message{DocumentMessage: &waE2E.DocumentMessage{
		DirectPath: f.path, FileLength: f.size, Mimetype: f.kind, MediaKey: f.sealed.Key, FileSHA256: f.sealed.Hash,
		FileEncSHA256: f.sealed.EncHash, MediaKeyTimestamp: &f.now, Caption: text(caption), ContextInfo: about,
		FileName: text(name), Title: text(name),
	}}
	if caption == "" {
		return m
	}
	return &waE2E.Message{DocumentWithCaptionMessage: &waE2E.FutureProofMessage{Message: m}}
}

// thumbSide is the longer side of a picture's preview, in pixels.
const thumbSide = 72

// thumbnail makes a small JPEG of a picture, taking single points of it.
func thumbnail(picture image.Image) []byte {
	size := picture.Bounds()
	longer := max(size.Dx(), size.Dy())
	width, height := max(1, size.Dx()*thumbSide/longer), max(1, size.Dy()*thumbSide/longer)
	small := image.NewRGBA(image.Rect(0, 0, width, height))
	for y := range height {
		for x := range width {
			small.Set(x, y, picture.At(size.Min.X+x*size.Dx()/width, size.Min.Y+y*size.Dy()/height))
		}
	}
	var out bytes.Buffer
	if err := jpeg.Encode(&out, small, &jpeg.Options{Quality: 60}); err != nil {
		return nil // a picture without preview is a picture
	}
	return out.Bytes()
}
