package handset

import (
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"log/slog"

	waBinary "go.mau.fi/whatsmeow/binary"
	"go.mau.fi/whatsmeow/proto/waE2E"
	"go.mau.fi/whatsmeow/proto/waMmsRetry"
	"go.mau.fi/whatsmeow/types"
	"go.mau.fi/whatsmeow/util/gcmutil"
	"google.golang.org/protobuf/proto"

	"wadah/session/sandbox/chat"
	"wadah/session/sandbox/media"
	"wadah/session/sandbox/stanza"
)

// servePeer answers what a linked device of the account asks its phone for.
func (p *Phone) servePeer(in *incoming, message *waE2E.Message) {
	m := message.GetProtocolMessage()
	switch {
	case m.GetAppStateSyncKeyRequest() != nil:
		keys, err := p.share()
		if err == nil {
			err = p.toDevice(in.sender.Device, &waE2E.ProtocolMessage{
				Type: waE2E.ProtocolMessage_APP_STATE_SYNC_KEY_SHARE.Enum(), AppStateSyncKeyShare: keys,
			})
		}
		if err != nil {
			p.cfg.Log.Warn("a phone cannot share its keys", slog.Any("err", err))
		}
	case m.GetPeerDataOperationRequestMessage() != nil:
		p.serveRequest(in, m.GetPeerDataOperationRequestMessage())
	default: // what phones only take note of
	}
}

func (p *Phone) serveRequest(in *incoming, asked *waE2E.PeerDataOperationRequestMessage) {
	switch asked.GetPeerDataOperationRequestType() {
	case waE2E.PeerDataOperationRequestType_PLACEHOLDER_MESSAGE_RESEND:
		p.resend(in, asked)
	case waE2E.PeerDataOperationRequestType_HISTORY_SYNC_ON_DEMAND:
		p.older(in, asked.GetHistorySyncOnDemandRequest())
	default:
		p.cfg.Log.Info("a phone is asked for what it has not", slog.String("what", asked.GetPeerDataOperationRequestType().String()))
	}
}

// resend gives a linked device the copies of messages that it could not decrypt.
func (p *Phone) resend(in *incoming, asked *waE2E.PeerDataOperationRequestMessage) {
	response := &waE2E.PeerDataOperationRequestResponseMessage{
		PeerDataOperationRequestType: asked.PeerDataOperationRequestType, StanzaID: proto.String(in.id),
	}
	for _, one := range asked.GetPlaceholderMessageResendRequest() {
		key := one.GetMessageKey()
		where, err := p.Resolve(key.GetRemoteJID())
		if err != nil {
			continue
		}
		m, ok := p.book.Find(where.String(), "", key.GetID())
		web := p.webMessage(&m)
		if !ok || web == nil {
			continue
		}
		raw, err := proto.Marshal(web)
		if err != nil {
			continue
		}
		response.PeerDataOperationResult = append(response.PeerDataOperationResult,
			&waE2E.PeerDataOperationRequestResponseMessage_PeerDataOperationResult{
				PlaceholderMessageResendResponse: &waE2E.PeerDataOperationRequestResponseMessage_PeerDataOperationResult_PlaceholderMessageResendResponse{
					WebMessageInfoBytes: raw,
				},
			})
	}
	if len(response.PeerDataOperationResult) == 0 {
		return
	}
	err := p.toDevice(in.sender.Device, &waE2E.ProtocolMessage{
		Type: waE2E.ProtocolMessage_PEER_DATA_OPERATION_REQUEST_RESPONSE_MESSAGE.Enum(), PeerDataOperationRequestResponseMessage: response,
	})
	if err != nil {
		p.cfg.Log.Warn("a phone cannot give a copy", slog.Any("err", err))
	}
}

// Errors in the answer to a request to upload again.
const mediaNotOnPhone = "2"

// uploadAgain uploads an attachment that a linked device found gone, and tells where it
// is now.
func (p *Phone) uploadAgain(node *waBinary.Node) {
	rmr := stanza.Child(node, "rmr")
	id := stanza.Attr(node, "id")
	path, key, err := p.putBack(stanza.JID(&rmr, "jid"), id)
	answer := []waBinary.Node{rmr}
	if err == nil {
		var sealed waBinary.Node
		if sealed, err = retryAnswer(id, path, key); err == nil {
			answer = append(answer, sealed)
		}
	}
	if err != nil {
		p.cfg.Log.Info("a phone cannot upload again", slog.String("id", id), slog.Any("err", err))
		answer = append(answer, stanza.New("error", waBinary.Attrs{"code": mediaNotOnPhone}))
	}
	p.cfg.Router.Tell(stanza.JID(node, "from"), "mediaretry", p.number, waBinary.Attrs{"id": id}, answer...)
}

// putBack uploads the attachment of a message again.
func (p *Phone) putBack(where types.JID, id string) (path string, key []byte, err error) {
	lid, ok := p.chatOf(where)
	if !ok {
		return "", nil, ErrMessage
	}
	m, ok := p.book.Find(lid.String(), "", id)
	if !ok || m.Media == nil {
		return "", nil, ErrMessage
	}
	data, err := p.cfg.Media.Get(m.Media.Ref.Path)
	if err != nil {
		return "", nil, err
	}
	path, err = p.cfg.Media.Put(p.cfg.Number, media.Use(m.Media.Ref.Use), data)
	if err == nil {
		p.book.Change(m.Chat, m.Sender, m.ID, func(shown *chat.Message) {
			moved := *shown.Media
			moved.Ref.Path = path
			shown.Media = &moved
		})
	}
	return path, m.Media.Ref.Key, err
}

// retryAnswer tells, for those who have the attachment's key, where it is now.
func retryAnswer(id, path string, mediaKey []byte) (waBinary.Node, error) {
	plain, err := proto.Marshal(&waMmsRetry.MediaRetryNotification{
		StanzaID: &id, DirectPath: &path, Result: waMmsRetry.MediaRetryNotification_SUCCESS.Enum(),
	})
	if err != nil {
		return waBinary.Node{}, err
	}
	key, err := hkdf.Key(sha256.New, mediaKey, nil, "WhatsApp Media Retry Notification", 32)
	iv := make([]byte, 12)
	_, _ = rand.Read(iv) // never fails, by its documentation
	sealed, sealErr := gcmutil.Encrypt(key, iv, plain, []byte(id))
	if err = errors.Join(err, sealErr); err != nil {
		return waBinary.Node{}, err
	}
	return stanza.New("encrypt", nil, stanza.Blob("enc_p", sealed), stanza.Blob("enc_iv", iv)), nil
}
