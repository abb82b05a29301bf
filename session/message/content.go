package message

import (
	"crypto/sha256"
	"encoding/hex"
	"time"
)

// Kind says what a message is.
type Kind string

// The kinds of messages. Programs and pages see these words; they never change.
const (
	KindText         Kind = "text"
	KindImage        Kind = "image"
	KindVideo        Kind = "video"
	KindAudio        Kind = "audio"
	KindVoice        Kind = "voice" // recorded in the chat
	KindDocument     Kind = "document"
	KindSticker      Kind = "sticker"
	KindLocation     Kind = "location"
	KindLiveLocation Kind = "live_location"
	KindContact      Kind = "contact" // one or more
	KindPoll         Kind = "poll"
	KindButton       Kind = "button"  // a pressed button or chosen list row; Text is its label
	KindSystem       Kind = "system"  // a note of WhatsApp's: the timer of a chat, a new group, …; Note says which
	KindUnknown      Kind = "unknown" // Note is WhatsApp's name of it, Text what can be said

	// These say something about another message, Content.Target.
	KindReaction Kind = "reaction"
	KindEdit     Kind = "edit"
	KindRevoke   Kind = "revoke"
	KindVote     Kind = "poll_vote"
	KindPin      Kind = "pin"  // Note: NotePinned or NoteUnpinned
	KindKeep     Kind = "keep" // a message that would disappear stays; Note: NoteKept or NoteUnkept
)

// AboutAnother reports whether a message of this kind says something about another one
// and has no place of its own in a chat.
func (k Kind) AboutAnother() bool {
	switch k {
	case KindReaction, KindEdit, KindRevoke, KindVote, KindPin, KindKeep:
		return true
	case KindText, KindImage, KindVideo, KindAudio, KindVoice, KindDocument, KindSticker, KindLocation, KindLiveLocation,
		KindContact, KindPoll, KindButton, KindSystem, KindUnknown:
		return false
	}
	return false
}

// What Content.Note says where a kind alone does not tell.
const (
	NotePinned   = "pinned"
	NoteUnpinned = "unpinned"
	NoteKept     = "kept"
	NoteUnkept   = "unkept"

	NoteRound  = "round"        // a video that is shown as a circle
	NoteMotion = "motion_photo" // the film of a photo, Content.Album
	NoteHD     = "hd"           // an edit that brings the same picture or film in better quality
	NoteAdmin  = "admin"        // revoked by an admin, not by who wrote it
	NoteStory  = "group_story"  // a story that was told to a group

	// Of KindSystem.
	NoteTimer        = "timer"         // messages of the chat now disappear after Content.Timer; 0: they stay
	NoteAlbum        = "album"         // pictures follow, whose Content.Album is the id of this message
	NoteMasked       = "masked"        // WhatsApp shows it on the phone alone, such as one-time codes of banks
	NoteNumberShown  = "number_shown"  // the sender shows their number
	NoteNumberAsked  = "number_asked"  // the sender asks for the account's number
	NoteLimitSharing = "limit_sharing" // advanced privacy of the chat was switched
	NoteMemberLabel  = "member_label"  // Text is what a member calls themselves in the group
	NoteMentioned    = "mentioned"     // the account or the group was mentioned in a story
	// Calls of which the chat keeps a note: NoteCall, or NoteVideoCall, and the outcome:
	// "call_missed", "video_call_connected".
	NoteCall      = "call_"
	NoteVideoCall = "video_call_"
)

// Content is what one message says. Which fields are set follows from Kind; its JSON is
// what is sealed in the database.
type Content struct {
	Kind Kind   `json:"kind"`
	Text string `json:"text,omitempty"` // the words, or the caption of a picture or file

	Target   *Ref      `json:"target,omitempty"` // the message that this one is about
	Quote    *Quote    `json:"quote,omitempty"`  // the message that this one answers
	Mentions []Party   `json:"mentions,omitempty"`
	Everyone bool      `json:"everyone,omitempty"` // the whole group is mentioned
	Media    *Media    `json:"media,omitempty"`
	Location *Location `json:"location,omitempty"` // also of a live location: the first position
	Contacts []Contact `json:"contacts,omitempty"`
	Poll     *Poll     `json:"poll,omitempty"`
	// Choices are what a company's message offers to press; of KindButton the one that
	// was pressed.
	Choices []Choice `json:"choices,omitempty"`

	Emoji string   `json:"emoji,omitempty"` // of a reaction; "" takes it back
	Votes []string `json:"votes,omitempty"` // of a vote: the options chosen, by hash as in Poll.Hashes; none takes it back
	// Chosen are the names of Votes, when the poll was known; an option that is none of the
	// poll's stands as its hash.
	Chosen []string `json:"chosen,omitempty"`
	// New is the whole content that an edit puts in the place of the old.
	New *Content `json:"new,omitempty"`
	// Note is machine-readable: what a system note says, or the name of an unknown kind.
	Note string `json:"note,omitempty"`
	// Album is the id of the message that holds several pictures together.
	Album string `json:"album,omitempty"`

	ViewOnce  bool `json:"view_once,omitempty"`
	Forwarded bool `json:"forwarded,omitempty"`
	// Sealed says that what a reaction, a vote, an edit or a comment says could not be
	// opened, because its secret is not known (yet): Emoji, Votes, New and Text say nothing.
	Sealed bool `json:"sealed,omitempty"`
	// Cut says that something was longer than what is kept.
	Cut bool `json:"cut,omitempty"`
	// Timer is after how long the message disappears, or how long a pin stays; 0: it stays.
	Timer time.Duration `json:"timer,omitempty"`
	// TimerAt is when the chat's timer was set, in Unix seconds, or 0: an older setting
	// must not replace a newer one.
	TimerAt int64 `json:"timer_at,omitempty"`
}

// Ref names a message as WhatsApp does, relative to whoever reads it.
type Ref struct {
	ID     string `json:"id"`
	FromMe bool   `json:"from_me,omitempty"` // written by the account of the device
	Sender Party  `json:"sender,omitzero"`   // who wrote it; may be unknown
}

// Quote is the message that is answered, as the one who answers saw it.
type Quote struct {
	Ref
	// Chat is where it stands if that is another chat: StatusChat of an answered story, a
	// group of an answer in private.
	Chat string `json:"chat,omitempty"`
	Kind Kind   `json:"kind,omitempty"`
	Text string `json:"text,omitempty"`
}

// MediaType says with which of WhatsApp's keys a file is sealed.
type MediaType string

// The types of media. Stickers are images, voice notes are audio.
const (
	MediaImage       MediaType = "image"
	MediaVideo       MediaType = "video"
	MediaAudio       MediaType = "audio"
	MediaDocument    MediaType = "document"
	MediaStickerPack MediaType = "sticker_pack"
)

// Media is a file that lies on WhatsApp's servers: all that is needed to get it later.
type Media struct {
	Type     MediaType `json:"type"`
	MIME     string    `json:"mime,omitempty"`
	FileName string    `json:"file_name,omitempty"`
	Size     int64     `json:"size,omitempty"` // bytes, as the sender says
	Seconds  int       `json:"seconds,omitempty"`
	Width    int       `json:"width,omitempty"` // pixels
	Height   int       `json:"height,omitempty"`
	Pages    int       `json:"pages,omitempty"`
	Animated bool      `json:"animated,omitempty"` // a sticker that moves, a video shown as a GIF

	// Without Key and EncSHA256 the file is not encrypted: those of channels are not.
	// What has not the right shape is left out, and the file then cannot be had.
	DirectPath string `json:"direct_path,omitempty"` // "/v/t62.7118-24/…"
	Key        []byte `json:"key,omitempty"`         // 32 bytes: opens the file
	SHA256     []byte `json:"sha256,omitempty"`      // of the file
	EncSHA256  []byte `json:"enc_sha256,omitempty"`  // of what lies on the server
	KeyAt      int64  `json:"key_at,omitempty"`      // Unix seconds; WhatsApp wants it again when the file is forwarded
	// URL is DirectPath with the host to which it was uploaded, of files that are sent:
	// some clients look for it. Of files that arrive it is not kept.
	URL string `json:"url,omitempty"`
}

// Location is a place on the map.
type Location struct {
	Latitude  float64 `json:"latitude"`  // degrees, -90 to 90
	Longitude float64 `json:"longitude"` // degrees, -180 to 180
	Name      string  `json:"name,omitempty"`
	Address   string  `json:"address,omitempty"`
	URL       string  `json:"url,omitempty"`
	Accuracy  int     `json:"accuracy,omitempty"` // metres; of a live location
}

// Contact is a visiting card.
type Contact struct {
	Name    string   `json:"name,omitempty"`
	Numbers []string `json:"numbers,omitempty"` // international digits where the card says so, else as written
	VCard   string   `json:"vcard,omitempty"`   // as it was sent
}

// Poll is a question with answers to choose from.
type Poll struct {
	Question string   `json:"question"`
	Options  []string `json:"options"`
	// Hashes are the SHA-256 of the options as they were sent, in 64 hex digits: votes
	// name options so. Options may differ from what was sent where that was not fit to keep.
	Hashes []string `json:"hashes,omitempty"`
	// Most is how many options one may choose; 0 is any number.
	Most int `json:"most,omitempty"`
}

// OptionHash is how a vote names an option.
func OptionHash(option string) string {
	sum := sha256.Sum256([]byte(option))
	return hex.EncodeToString(sum[:])
}

// Chosen gives the options that a vote names. What is no option of this poll stays as
// it is.
func (p Poll) Chosen(votes []string) []string {
	chosen := make([]string, len(votes))
	for i, vote := range votes {
		chosen[i] = vote
		for j, option := range p.Options {
			if j < len(p.Hashes) && p.Hashes[j] == vote || len(p.Hashes) == 0 && OptionHash(option) == vote {
				chosen[i] = option
				break
			}
		}
	}
	return chosen
}

// Choice is a button or the row of a list.
type Choice struct {
	ID   string `json:"id,omitempty"` // what the company's program is told
	Text string `json:"text,omitempty"`
	Hint string `json:"hint,omitempty"` // what stands below a row
	URL  string `json:"url,omitempty"`  // what a button opens; "tel:…" of one that calls
}
