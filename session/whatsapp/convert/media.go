package convert

import (
	"strings"

	"go.mau.fi/whatsmeow/proto/waE2E"
	"google.golang.org/protobuf/proto"

	"wadah/session/message"
)

// Downloadable is a file of WhatsApp's as the library's downloads want it.
type Downloadable interface {
	GetDirectPath() string
	GetMediaKey() []byte
	GetFileSHA256() []byte
	GetFileEncSHA256() []byte
}

// file is a part of a message that describes a file.
type file interface {
	Downloadable
	GetFileLength() uint64
	GetMediaKeyTimestamp() int64
}

// media reads what is needed to get the file later.
func media(kind message.MediaType, f file) *message.Media {
	m := &message.Media{
		Type:      kind,
		Size:      within(f.GetFileLength(), maxFileSize),
		Key:       exact(f.GetMediaKey(), 32),
		SHA256:    exact(f.GetFileSHA256(), 32),
		EncSHA256: exact(f.GetFileEncSHA256(), 32),
		KeyAt:     unix(f.GetMediaKeyTimestamp()),
	}
	if path := plain(f.GetDirectPath(), message.MaxURL); strings.HasPrefix(path, "/") {
		m.DirectPath = path
	}
	if typed, ok := f.(interface{ GetMimetype() string }); ok {
		m.MIME = plain(typed.GetMimetype(), message.MaxName)
	}
	if sized, ok := f.(interface {
		GetWidth() uint32
		GetHeight() uint32
	}); ok {
		m.Width, m.Height = int(within(sized.GetWidth(), maxPixels)), int(within(sized.GetHeight(), maxPixels))
	}
	if long, ok := f.(interface{ GetSeconds() uint32 }); ok {
		m.Seconds = int(within(long.GetSeconds(), maxSeconds))
	}
	return m
}

func (r *reader) image(m *waE2E.Message) message.Content {
	i := m.GetImageMessage()
	return message.Content{
		Kind:     message.KindImage,
		Text:     r.words(i.GetCaption()),
		Media:    media(message.MediaImage, i),
		ViewOnce: i.GetViewOnce(),
	}
}

func (r *reader) video(m *waE2E.Message) message.Content {
	v, note := m.GetVideoMessage(), ""
	if v == nil {
		v, note = m.GetPtvMessage(), message.NoteRound
	}
	content := message.Content{
		Kind:     message.KindVideo,
		Text:     r.words(v.GetCaption()),
		Media:    media(message.MediaVideo, v),
		ViewOnce: v.GetViewOnce(),
		Note:     note,
	}
	content.Media.Animated = v.GetGifPlayback()
	return content
}

func (r *reader) audio(m *waE2E.Message) message.Content {
	a := m.GetAudioMessage()
	kind := message.KindAudio
	if a.GetPTT() {
		kind = message.KindVoice
	}
	return message.Content{Kind: kind, Media: media(message.MediaAudio, a), ViewOnce: a.GetViewOnce()}
}

func (r *reader) document(m *waE2E.Message) message.Content {
	d := m.GetDocumentMessage()
	content := message.Content{
		Kind:  message.KindDocument,
		Text:  r.words(d.GetCaption()),
		Media: media(message.MediaDocument, d),
	}
	content.Media.Pages = int(within(d.GetPageCount(), maxPages))
	content.Media.FileName = fileName(d.GetFileName())
	if content.Media.FileName == "" {
		content.Media.FileName = fileName(d.GetTitle())
	}
	return content
}

func (r *reader) sticker(m *waE2E.Message) message.Content {
	s := m.GetStickerMessage()
	content := message.Content{Kind: message.KindSticker, Media: media(message.MediaImage, s)}
	content.Media.Animated = s.GetIsAnimated() || s.GetIsLottie()
	return content
}

func (r *reader) stickerPack(m *waE2E.Message) message.Content {
	p := m.GetStickerPackMessage()
	return message.Content{
		Kind:  message.KindUnknown,
		Note:  "stickerPackMessage",
		Text:  r.lines(p.GetName(), p.GetPublisher(), p.GetCaption()),
		Media: media(message.MediaStickerPack, p),
	}
}

func (r *reader) album(*waE2E.Message) message.Content {
	return message.Content{Kind: message.KindSystem, Note: message.NoteAlbum}
}

// associated reads what a message says about the one it belongs to.
func (r *reader) associated(content message.Content) message.Content {
	association := r.wrap.context.GetMessageAssociation()
	parent := r.own(&r.evt.Info, association.GetParentMessageKey())
	if parent == nil {
		return content
	}
	switch association.GetAssociationType() {
	case waE2E.MessageAssociation_MEDIA_ALBUM:
		content.Album = parent.ID
	case waE2E.MessageAssociation_MOTION_PHOTO:
		content.Album, content.Note = parent.ID, message.NoteMotion
	case waE2E.MessageAssociation_HD_IMAGE_DUAL_UPLOAD,
		waE2E.MessageAssociation_HD_VIDEO_DUAL_UPLOAD,
		waE2E.MessageAssociation_HEVC_VIDEO_DUAL_UPLOAD:
		if content.Media != nil {
			better := content
			return message.Content{Kind: message.KindEdit, Note: message.NoteHD, Target: parent, New: &better}
		}
	default:
		// The others belong to kinds that are not read.
	}
	return content
}

// File is a file as the library's downloads want it. They choose the keys by its type.
func File(m message.Media) Downloadable {
	path := proto.String(m.DirectPath)
	switch m.Type {
	case message.MediaImage:
		return &waE2E.ImageMessage{DirectPath: path, MediaKey: m.Key, FileSHA256: m.SHA256, FileEncSHA256: m.EncSHA256}
	case message.MediaVideo:
		return &waE2E.VideoMessage{DirectPath: path, MediaKey: m.Key, FileSHA256: m.SHA256, FileEncSHA256: m.EncSHA256}
	case message.MediaAudio:
		return &waE2E.AudioMessage{DirectPath: path, MediaKey: m.Key, FileSHA256: m.SHA256, FileEncSHA256: m.EncSHA256}
	case message.MediaStickerPack:
		return &waE2E.StickerPackMessage{DirectPath: path, MediaKey: m.Key, FileSHA256: m.SHA256, FileEncSHA256: m.EncSHA256}
	case message.MediaDocument:
	}
	return &waE2E.DocumentMessage{DirectPath: path, MediaKey: m.Key, FileSHA256: m.SHA256, FileEncSHA256: m.EncSHA256}
}

// sendMedia makes the message of a file that was uploaded.
func (b *builder) sendMedia(content message.Content, info *waE2E.ContextInfo) *waE2E.Message {
	m := b.mediaPart(content, info)
	switch {
	case content.ViewOnce && m.DocumentMessage == nil && m.StickerMessage == nil:
		return &waE2E.Message{ViewOnceMessage: &waE2E.FutureProofMessage{Message: m}}
	case m.DocumentMessage.GetCaption() != "":
		return captioned(m.DocumentMessage)
	}
	return m
}

func (b *builder) mediaPart(content message.Content, info *waE2E.ContextInfo) *waE2E.Message {
	f, size, caption := content.Media, proto.Uint64(uint64(max(content.Media.Size, 0))), given(b.calling(content))
	switch content.Kind {
	case message.KindImage:
		return &waE2E.Message{ImageMessage: &waE2E.ImageMessage{
			URL: given(f.URL), DirectPath: given(f.DirectPath), MediaKey: f.Key, FileSHA256: f.SHA256, FileEncSHA256: f.EncSHA256,
			FileLength: size, MediaKeyTimestamp: keyAt(f), Mimetype: given(f.MIME), Width: number(f.Width), Height: number(f.Height),
			Caption: caption, JPEGThumbnail: b.out.Thumbnail, ViewOnce: yes(content.ViewOnce), ContextInfo: info,
		}}
	case message.KindVideo:
		return &waE2E.Message{VideoMessage: &waE2E.VideoMessage{
			URL: given(f.URL), DirectPath: given(f.DirectPath), MediaKey: f.Key, FileSHA256: f.SHA256, FileEncSHA256: f.EncSHA256,
			FileLength: size, MediaKeyTimestamp: keyAt(f), Mimetype: given(f.MIME), Width: number(f.Width), Height: number(f.Height),
			Seconds: number(f.Seconds), GifPlayback: yes(f.Animated),
			Caption: caption, JPEGThumbnail: b.out.Thumbnail, ViewOnce: yes(content.ViewOnce), ContextInfo: info,
		}}
	case message.KindSticker:
		return &waE2E.Message{StickerMessage: &waE2E.StickerMessage{
			URL: given(f.URL), DirectPath: given(f.DirectPath), MediaKey: f.Key, FileSHA256: f.SHA256, FileEncSHA256: f.EncSHA256,
			FileLength: size, MediaKeyTimestamp: keyAt(f), Mimetype: given(f.MIME), Width: number(f.Width), Height: number(f.Height),
			IsAnimated: yes(f.Animated), PngThumbnail: b.out.Thumbnail, ContextInfo: info,
		}}
	case message.KindAudio, message.KindVoice:
		return &waE2E.Message{AudioMessage: &waE2E.AudioMessage{
			URL: given(f.URL), DirectPath: given(f.DirectPath), MediaKey: f.Key, FileSHA256: f.SHA256, FileEncSHA256: f.EncSHA256,
			FileLength: size, MediaKeyTimestamp: keyAt(f), Mimetype: given(f.MIME), Seconds: number(f.Seconds),
			PTT: yes(content.Kind == message.KindVoice), Waveform: b.out.Waveform, ViewOnce: yes(content.ViewOnce), ContextInfo: info,
		}}
	default:
		return &waE2E.Message{DocumentMessage: &waE2E.DocumentMessage{
			URL: given(f.URL), DirectPath: given(f.DirectPath), MediaKey: f.Key, FileSHA256: f.SHA256, FileEncSHA256: f.EncSHA256,
			FileLength: size, MediaKeyTimestamp: keyAt(f), Mimetype: given(f.MIME), FileName: given(f.FileName), Title: given(f.FileName),
			PageCount: number(f.Pages), Caption: caption, JPEGThumbnail: b.out.Thumbnail, ContextInfo: info,
		}}
	}
}

func keyAt(m *message.Media) *int64 {
	if m.KeyAt <= 0 {
		return nil
	}
	return proto.Int64(m.KeyAt)
}

// captioned: clients show the caption of a document only inside this wrapper.
func captioned(d *waE2E.DocumentMessage) *waE2E.Message {
	return &waE2E.Message{DocumentWithCaptionMessage: &waE2E.FutureProofMessage{Message: &waE2E.Message{DocumentMessage: d}}}
}

func number(n int) *uint32 {
	if n <= 0 {
		return nil
	}
	return proto.Uint32(uint32(n))
}

func yes(b bool) *bool {
	if !b {
		return nil
	}
	return proto.Bool(true)
}
