package convert_test

import (
	"bytes"
	"context"
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.mau.fi/whatsmeow"
	"go.mau.fi/whatsmeow/proto/waE2E"
	"google.golang.org/protobuf/proto"

	"wadah/session/message"
	"wadah/session/whatsapp/convert"
)

var (
	fileKey    = bytes.Repeat([]byte{1}, 32)
	fileSum    = bytes.Repeat([]byte{2}, 32)
	fileEncSum = bytes.Repeat([]byte{3}, 32)
)

const filePath = "/v/t62.7118-24/12345_n.enc?ccb=11-4&oh=01_Q5&oe=66"

func imageMessage() *waE2E.ImageMessage {
	return &waE2E.ImageMessage{
		URL: proto.String("https://mmg.whatsapp.net" + filePath), Mimetype: proto.String("image/jpeg"), Caption: proto.String("di pantai"),
		FileSHA256: fileSum, FileLength: proto.Uint64(123_456), Height: proto.Uint32(1200), Width: proto.Uint32(1600),
		MediaKey: fileKey, FileEncSHA256: fileEncSum, DirectPath: proto.String(filePath), MediaKeyTimestamp: proto.Int64(1_790_000_000),
		JPEGThumbnail: []byte("a picture"), ScansSidecar: []byte("a sidecar"), ThumbnailSHA256: fileSum,
	}
}

func videoMessage() *waE2E.VideoMessage {
	return &waE2E.VideoMessage{
		Mimetype: proto.String("video/mp4"), Caption: proto.String("ombak"), Seconds: proto.Uint32(12),
		FileSHA256: fileSum, FileLength: proto.Uint64(1_234_567), Height: proto.Uint32(720), Width: proto.Uint32(1280),
		MediaKey: fileKey, FileEncSHA256: fileEncSum, DirectPath: proto.String(filePath), StreamingSidecar: []byte("a sidecar"),
	}
}

func TestMedia(t *testing.T) {
	goldenContents(t, map[string]*waE2E.Message{
		"image": {ImageMessage: imageMessage()},
		"image-view-once": {ViewOnceMessageV2: &waE2E.FutureProofMessage{Message: &waE2E.Message{
			ImageMessage: &waE2E.ImageMessage{Mimetype: proto.String("image/jpeg"), ViewOnce: proto.Bool(true)},
		}}},
		"image-in-album": {
			ImageMessage: &waE2E.ImageMessage{Mimetype: proto.String("image/jpeg")},
			MessageContextInfo: &waE2E.MessageContextInfo{MessageAssociation: &waE2E.MessageAssociation{
				AssociationType:  waE2E.MessageAssociation_MEDIA_ALBUM.Enum(),
				ParentMessageKey: key("3EB0A1", true, ""),
			}},
		},
		"image-better": {
			AssociatedChildMessage: &waE2E.FutureProofMessage{Message: &waE2E.Message{
				ImageMessage: &waE2E.ImageMessage{Mimetype: proto.String("image/jpeg"), Width: proto.Uint32(4000), Height: proto.Uint32(3000)},
			}},
			MessageContextInfo: &waE2E.MessageContextInfo{MessageAssociation: &waE2E.MessageAssociation{
				AssociationType:  waE2E.MessageAssociation_HD_IMAGE_DUAL_UPLOAD.Enum(),
				ParentMessageKey: key("3EB0A2", true, ""),
			}},
		},
		"video":       {VideoMessage: videoMessage()},
		"video-gif":   {VideoMessage: &waE2E.VideoMessage{Mimetype: proto.String("video/mp4"), GifPlayback: proto.Bool(true)}},
		"video-round": {PtvMessage: &waE2E.VideoMessage{Mimetype: proto.String("video/mp4"), Seconds: proto.Uint32(5)}},
		"video-motion": {
			AssociatedChildMessage: &waE2E.FutureProofMessage{Message: &waE2E.Message{
				VideoMessage: &waE2E.VideoMessage{Mimetype: proto.String("video/mp4")},
			}},
			MessageContextInfo: &waE2E.MessageContextInfo{MessageAssociation: &waE2E.MessageAssociation{
				AssociationType:  waE2E.MessageAssociation_MOTION_PHOTO.Enum(),
				ParentMessageKey: key("3EB0A3", true, ""),
			}},
		},
		"audio": {AudioMessage: &waE2E.AudioMessage{Mimetype: proto.String("audio/mpeg"), Seconds: proto.Uint32(200)}},
		"voice": {AudioMessage: &waE2E.AudioMessage{
			Mimetype: proto.String("audio/ogg; codecs=opus"), Seconds: proto.Uint32(3), PTT: proto.Bool(true),
			Waveform: []byte{0, 50, 100}, MediaKey: fileKey, FileSHA256: fileSum, FileEncSHA256: fileEncSum, DirectPath: proto.String(filePath),
		}},
		"voice-view-once": {ViewOnceMessageV2Extension: &waE2E.FutureProofMessage{Message: &waE2E.Message{
			AudioMessage: &waE2E.AudioMessage{Mimetype: proto.String("audio/ogg; codecs=opus"), PTT: proto.Bool(true)},
		}}},
		"document": {DocumentWithCaptionMessage: &waE2E.FutureProofMessage{Message: &waE2E.Message{
			DocumentMessage: &waE2E.DocumentMessage{
				Mimetype: proto.String("application/pdf"), FileName: proto.String("faktur.pdf"), Title: proto.String("Faktur"),
				Caption: proto.String("untuk bulan ini"), PageCount: proto.Uint32(2), FileLength: proto.Uint64(9000),
				JPEGThumbnail: []byte("a picture"), ThumbnailDirectPath: proto.String("/thumb"),
			},
		}}},
		"sticker": {StickerMessage: &waE2E.StickerMessage{
			Mimetype: proto.String("image/webp"), Width: proto.Uint32(512), Height: proto.Uint32(512), IsAnimated: proto.Bool(true),
			PngThumbnail: []byte("a picture"),
		}},
		"sticker-lottie": {LottieStickerMessage: &waE2E.FutureProofMessage{Message: &waE2E.Message{
			StickerMessage: &waE2E.StickerMessage{Mimetype: proto.String("application/was"), IsLottie: proto.Bool(true)},
		}}},
		"sticker-pack": {StickerPackMessage: &waE2E.StickerPackMessage{
			Name: proto.String("Kucing"), Publisher: proto.String("Budi"), MediaKey: fileKey, FileSHA256: fileSum,
			FileEncSHA256: fileEncSum, DirectPath: proto.String(filePath),
		}},
		"album": {AlbumMessage: &waE2E.AlbumMessage{ExpectedImageCount: proto.Uint32(3), ExpectedVideoCount: proto.Uint32(1)}},
	})
}

// What cannot be a file's is left out, and what cannot be a number says nothing.
func TestHostileMedia(t *testing.T) {
	m := received(t, converter(), fromBudi(&waE2E.Message{DocumentMessage: &waE2E.DocumentMessage{
		Mimetype: proto.String("text/html\r\nSet-Cookie: a"), FileName: proto.String(`C:\Windows\..\` + "gp\u202egpj\x00.exe"),
		FileLength: proto.Uint64(math.MaxUint64), PageCount: proto.Uint32(math.MaxUint32), MediaKeyTimestamp: proto.Int64(-5),
		MediaKey: []byte("short"), FileSHA256: bytes.Repeat([]byte{1}, 33), FileEncSHA256: []byte{},
		DirectPath: proto.String("@evil.example/x"),
	}}))
	want := &message.Media{Type: message.MediaDocument, FileName: "gpgpj.exe"}
	if diff := cmp.Diff(want, m.Content.Media); diff != "" {
		t.Errorf("the file differs (-want +got):\n%s", diff)
	}
}

// The library knows the keys of every type of file, and takes a file without keys for one
// that is not encrypted.
func TestFile(t *testing.T) {
	for media, want := range map[message.MediaType]whatsmeow.MediaType{
		message.MediaImage: whatsmeow.MediaImage, message.MediaVideo: whatsmeow.MediaVideo, message.MediaAudio: whatsmeow.MediaAudio,
		message.MediaDocument: whatsmeow.MediaDocument, message.MediaStickerPack: whatsmeow.MediaStickerPack,
	} {
		file := convert.File(message.Media{Type: media, DirectPath: filePath, Key: fileKey, SHA256: fileSum, EncSHA256: fileEncSum})
		if got := whatsmeow.GetMediaType(file); got != want {
			t.Errorf("%s has %q, want %q", media, got, want)
		}
		if file.GetDirectPath() != filePath || !bytes.Equal(file.GetMediaKey(), fileKey) ||
			!bytes.Equal(file.GetFileSHA256(), fileSum) || !bytes.Equal(file.GetFileEncSHA256(), fileEncSum) {
			t.Errorf("%s: the file is %v", media, file)
		}
	}
}

func sentMedia(kind message.MediaType) *message.Media {
	return &message.Media{
		Type: kind, MIME: "a/b", Size: 1234, Width: 40, Height: 30, Seconds: 5,
		URL: "https://mmg.whatsapp.net" + filePath, DirectPath: filePath,
		Key: fileKey, SHA256: fileSum, EncSHA256: fileEncSum, KeyAt: 1_790_000_000,
	}
}

func TestSendMedia(t *testing.T) {
	thumbnail := []byte("thumb")
	document := sentMedia(message.MediaDocument)
	document.FileName, document.Pages = "faktur.pdf", 2
	moving := sentMedia(message.MediaImage)
	moving.Animated = true
	goldenOutgoing(t, map[string]message.Outgoing{
		"image": {
			Content: message.Content{
				Kind: message.KindImage, Text: "lihat @62811000102", Media: sentMedia(message.MediaImage), Mentions: []message.Party{sari},
			},
			Thumbnail: thumbnail,
		},
		"image-view-once": {Content: message.Content{Kind: message.KindImage, ViewOnce: true, Media: sentMedia(message.MediaImage)}},
		"video":           {Content: message.Content{Kind: message.KindVideo, Media: sentMedia(message.MediaVideo)}, Thumbnail: thumbnail},
		"audio":           {Content: message.Content{Kind: message.KindAudio, Media: sentMedia(message.MediaAudio)}},
		"voice":           {Content: message.Content{Kind: message.KindVoice, Media: sentMedia(message.MediaAudio)}, Waveform: []byte{1, 2}},
		"document":        {Content: message.Content{Kind: message.KindDocument, Media: document}},
		"document-captioned": {
			Content: message.Content{Kind: message.KindDocument, Text: "untuk bulan ini", Media: document},
		},
		"sticker": {Content: message.Content{Kind: message.KindSticker, Media: moving}},
	})
}

// Forwarding passes on the content alone, marks and counts.
func TestForward(t *testing.T) {
	forwarded := &waE2E.Message{EphemeralMessage: &waE2E.FutureProofMessage{Message: &waE2E.Message{
		ImageMessage: func() *waE2E.ImageMessage {
			i := imageMessage()
			i.ContextInfo = &waE2E.ContextInfo{
				StanzaID: proto.String("3EB0"), QuotedMessage: conversation("rahasia"), MentionedJID: []string{"102@lid"},
				ForwardingScore: proto.Uint32(4), IsForwarded: proto.Bool(true), Expiration: proto.Uint32(86400),
			}
			return i
		}(),
		MessageContextInfo: &waE2E.MessageContextInfo{MessageSecret: []byte("theirs")},
	}}}
	theirs := &message.Ref{ID: "3EB0AA", Sender: budi}
	ours := &message.Ref{ID: "3EB0AA", FromMe: true}
	goldenOutgoing(t, map[string]message.Outgoing{
		"forward-text":         {Forward: theirs, Original: raw(t, conversation("halo"))},
		"forward-text-ours":    {Forward: ours, Original: raw(t, conversation("halo"))},
		"forward-text-expires": {Forward: ours, Original: raw(t, conversation("halo")), Content: message.Content{Timer: 86400e9}},
		"forward-image":        {Forward: theirs, Original: raw(t, forwarded)},
		"forward-document": {Forward: theirs, Original: raw(t, &waE2E.Message{
			DocumentWithCaptionMessage: &waE2E.FutureProofMessage{Message: &waE2E.Message{DocumentMessage: &waE2E.DocumentMessage{
				FileName: proto.String("a.pdf"), Caption: proto.String("ini"),
			}}},
		})},
	})
}

// What WhatsApp's clients do not pass on is refused.
func TestForwardRefusals(t *testing.T) {
	for name, original := range map[string][]byte{
		"nothing":       {},
		"not a message": []byte("\xff\xff"),
		"empty":         raw(t, &waE2E.Message{MessageContextInfo: &waE2E.MessageContextInfo{}}),
		"a reaction":    raw(t, &waE2E.Message{ReactionMessage: &waE2E.ReactionMessage{}}),
		"a poll":        raw(t, &waE2E.Message{PollCreationMessage: &waE2E.PollCreationMessage{}}),
		"a revoke":      raw(t, &waE2E.Message{ProtocolMessage: &waE2E.ProtocolMessage{Key: key("x", true, "")}}),
		"seen once": raw(t, &waE2E.Message{ViewOnceMessage: &waE2E.FutureProofMessage{Message: &waE2E.Message{
			ImageMessage: &waE2E.ImageMessage{},
		}}}),
		"seen once without wrapper": raw(t, &waE2E.Message{ImageMessage: &waE2E.ImageMessage{ViewOnce: proto.Bool(true)}}),
	} {
		t.Run(name, func(t *testing.T) {
			out := message.Outgoing{To: message.ChatWith(budi), Forward: &message.Ref{ID: "3EB0AA"}, Original: original}
			_, err := converter().Encode(out, randomness())
			var invalid *message.Invalid
			if !errors.As(err, &invalid) || invalid.Field != "original" {
				t.Errorf("it is answered with %v", err)
			}
		})
	}
	counted := raw(t, &waE2E.Message{ExtendedTextMessage: &waE2E.ExtendedTextMessage{
		Text: proto.String("x"), ContextInfo: &waE2E.ContextInfo{ForwardingScore: proto.Uint32(math.MaxUint32)},
	}})
	m, err := converter().Build(message.Outgoing{To: message.ChatWith(budi), Forward: &message.Ref{ID: "x"}, Original: counted}, randomness())
	if got := m.GetExtendedTextMessage().GetContextInfo().GetForwardingScore(); err != nil || got != 127 {
		t.Errorf("forwarded ever so often counts %d, %v", got, err)
	}
}

// In channels an edited message comes again under its id, and bots answer piece by piece.
func TestEditsOnTheOutside(t *testing.T) {
	e := fromBudi(conversation("sudah diubah"))
	e.NewsletterMeta = newsletterEdit()
	m := received(t, converter(), e)
	if m.ID == "3EB0AA" || !strings.HasPrefix(m.ID, "3EB0AA/") || m.Content.Kind != message.KindEdit ||
		m.Content.Target.ID != "3EB0AA" || m.Content.New.Text != "sudah diubah" {
		t.Errorf("an edit in a channel is %+v", m)
	}
	e.NewsletterMeta.EditTS = e.NewsletterMeta.OriginalTS.AddDate(-3000, 0, 0)
	if m = received(t, converter(), e); m.Content.Kind != message.KindText || m.ID != "3EB0AA" {
		t.Errorf("what was not edited is %+v", m)
	}
	bot := fromBudi(conversation("jawaban lebih panjang"))
	bot.Info.MsgBotInfo.EditType, bot.Info.MsgBotInfo.EditTargetID = "last", "3EB0A0"
	if m = received(t, converter(), bot); m.Content.Kind != message.KindEdit || m.Content.Target.ID != "3EB0A0" {
		t.Errorf("a bot's next piece is %+v", m)
	}
	bot.Info.MsgBotInfo.EditType = "first"
	if m = received(t, converter(), bot); m.Content.Kind != message.KindText {
		t.Errorf("a bot's first piece is %+v", m)
	}
	if got := converter().Incoming(context.Background(), nil); len(got) != 0 {
		t.Errorf("nothing became %v", got)
	}
}
