package handset

import (
	"bytes"
	"encoding/binary"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"

	"wadah/session/sandbox/chat"
)

// Sample is an attachment of a kind for those who have none at hand: a small picture, a
// second of silence, a page of text. It is nil for kinds that have none.
func Sample(kind chat.Kind) *Attachment {
	switch kind {
	case chat.Picture:
		return &Attachment{Kind: kind, Data: samplePicture(), Type: "image/jpeg"}
	case chat.Voice, chat.Audio:
		return &Attachment{Kind: kind, Data: silence(50), Type: "audio/ogg; codecs=opus", Seconds: 1}
	case chat.Document:
		return &Attachment{Kind: kind, Data: []byte("A document of a virtual phone.\n"), Type: "text/plain", Name: "document.txt"}
	case chat.Sticker:
		return &Attachment{Kind: kind, Data: sampleSticker(), Type: "image/png"}
	default:
		return nil
	}
}

// samplePicture is a field of colours.
func samplePicture() []byte {
	var file bytes.Buffer
	// Writing into memory does not fail.
	_ = jpeg.Encode(&file, colours(320, 240), &jpeg.Options{Quality: 80})
	return file.Bytes()
}

func sampleSticker() []byte {
	var file bytes.Buffer
	_ = png.Encode(&file, colours(128, 128)) // writing into memory does not fail
	return file.Bytes()
}

func colours(width, height int) image.Image {
	picture := image.NewRGBA(image.Rect(0, 0, width, height))
	for y := range height {
		for x := range width {
			picture.Set(x, y, color.RGBA{uint8(x * 255 / width), uint8(y * 255 / height), 128, 255})
		}
	}
	return picture
}

// silence makes an Ogg file with so many packets of 20 ms of Opus silence.
func silence(packets int) []byte {
	const serial = 1
	head := append([]byte("OpusHead"), 1, 1, 0x38, 0x01, 0x80, 0xBB, 0, 0, 0, 0, 0)
	tags := append([]byte("OpusTags"), 5, 0, 0, 0, 'w', 'a', 'd', 'a', 'h', 0, 0, 0, 0)
	file := oggPage(2, 0, serial, 0, [][]byte{head})
	file = append(file, oggPage(0, 0, serial, 1, [][]byte{tags})...)
	var audio [][]byte
	for range packets {
		audio = append(audio, []byte{0xF8, 0xFF, 0xFE})
	}
	return append(file, oggPage(4, uint64(packets)*960, serial, 2, audio)...)
}

// oggPage makes one page of an Ogg file (RFC 3533). Packets are shorter than 255 bytes.
func oggPage(flags byte, granule uint64, serial, sequence uint32, packets [][]byte) []byte {
	page := append([]byte("OggS"), 0, flags)
	page = binary.LittleEndian.AppendUint64(page, granule)
	page = binary.LittleEndian.AppendUint32(page, serial)
	page = binary.LittleEndian.AppendUint32(page, sequence)
	page = append(page, 0, 0, 0, 0, byte(len(packets)))
	for _, packet := range packets {
		page = append(page, byte(len(packet)))
	}
	for _, packet := range packets {
		page = append(page, packet...)
	}
	binary.LittleEndian.PutUint32(page[22:], oggChecksum(page))
	return page
}

// oggChecksum is CRC-32 with the polynomial of Ogg, not reflected.
func oggChecksum(page []byte) (sum uint32) {
	for _, b := range page {
		sum ^= uint32(b) << 24
		for range 8 {
			if sum&0x80000000 != 0 {
				sum = sum<<1 ^ 0x04C11DB7
			} else {
				sum <<= 1
			}
		}
	}
	return sum
}
