package whatsapp

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"go.mau.fi/whatsmeow"
	"go.mau.fi/whatsmeow/proto/waE2E"
	"go.mau.fi/whatsmeow/types"
	"google.golang.org/protobuf/proto"

	"wadah/session"
	"wadah/session/message"
)

// ReadHistory fetches a piece of the phone's history; see session.Conn. The library keeps
// what it needs to write to existing chats: privacy tokens, pairs of addresses, names and
// secrets. Its store's failures are met by the guard.
func (c *conn) ReadHistory(ctx context.Context, notice []byte) (message.Digest, error) {
	var notif waE2E.HistorySyncNotification
	if err := proto.Unmarshal(notice, &notif); err != nil {
		return message.Digest{}, fmt.Errorf("%w: the notice cannot be read: %w", session.ErrGone, err)
	}
	if c.converter == nil || !c.begin() {
		return message.Digest{}, errHungUp
	}
	defer c.work.Done()
	history, err := c.cli.DownloadHistorySync(ctx, &notif, true)
	switch {
	case errors.Is(err, whatsmeow.ErrMediaDownloadFailedWith403), errors.Is(err, whatsmeow.ErrMediaDownloadFailedWith404),
		errors.Is(err, whatsmeow.ErrMediaDownloadFailedWith410):
		return message.Digest{}, fmt.Errorf("%w: %s", session.ErrGone, redact(err.Error()))
	case err != nil:
		return message.Digest{}, &redactedError{"reading history", err}
	}
	if err := c.guard.failure(); err != nil {
		return message.Digest{}, fmt.Errorf("%w: %w", session.ErrStorage, err)
	}
	return c.converter.Digest(history), nil
}

// HistoryRead tells the phone that a piece of its history was read and stored, and has
// WhatsApp delete the file. What fails of that costs nothing but space elsewhere.
func (c *conn) HistoryRead(ctx context.Context, id string, notice []byte) {
	if !c.begin() {
		return
	}
	defer c.work.Done()
	if err := c.cli.SendProtocolMessageReceipt(ctx, id, types.ReceiptTypeHistorySync); err != nil {
		c.log.Debug("the phone was not told that its history was read", "err", plainIQError(err))
	}
	var notif waE2E.HistorySyncNotification
	if proto.Unmarshal(notice, &notif) != nil || notif.GetDirectPath() == "" {
		return
	}
	err := c.cli.DeleteMedia(ctx, whatsmeow.MediaHistory, notif.GetDirectPath(), notif.GetFileEncSHA256(), notif.GetEncHandle())
	var status whatsmeow.DownloadHTTPError
	if err != nil && (!errors.As(err, &status) || status.Response.StatusCode != http.StatusNotFound) {
		c.log.Debug("a history file was not deleted", "err", redact(err.Error()))
	}
}
