package handset

import (
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"fmt"

	"go.mau.fi/whatsmeow/proto/waE2E"
	"go.mau.fi/whatsmeow/types"
	"go.mau.fi/whatsmeow/util/gcmutil"
	"google.golang.org/protobuf/proto"

	"wadah/session/sandbox/chat"
)

// A poll carries a secret, and votes are encrypted with a key that is derived from it and
// from the addresses of who asked and who votes: whoever takes the other kind of address
// cannot read the vote (msgsecret.go of the library).

const secretOfVotes = "Poll Vote"

// voteKey derives the key of a vote. The addresses are as clients saw them in the chat.
func voteKey(secret []byte, pollID string, asker, voter types.JID) (key, extra []byte, err error) {
	info := pollID + asker.ToNonAD().String() + voter.ToNonAD().String() + secretOfVotes
	key, err = hkdf.Key(sha256.New, secret, nil, info, 32)
	if err != nil {
		return nil, nil, fmt.Errorf("derive key of a vote: %w", err)
	}
	return key, fmt.Appendf(nil, "%s\x00%s", pollID, voter.ToNonAD().String()), nil
}

// openVote decrypts a vote, whichever kind of address the voter took for itself and for
// the asker.
func (p *Phone) openVote(in *incoming, poll *chat.Message, update *waE2E.PollUpdateMessage) (*waE2E.PollVoteMessage, bool) {
	var message waE2E.Message
	asker, err := types.ParseJID(poll.Sender)
	if err != nil || proto.Unmarshal(poll.Raw, &message) != nil {
		return nil, false
	}
	secret := message.GetMessageContextInfo().GetMessageSecret()
	for _, from := range p.bothAddresses(asker) {
		for _, voter := range p.bothAddresses(in.sender) {
			key, extra, err := voteKey(secret, poll.ID, from, voter)
			if err != nil {
				continue
			}
			plain, err := gcmutil.Decrypt(key, update.GetVote().GetEncIV(), update.GetVote().GetEncPayload(), extra)
			var vote waE2E.PollVoteMessage
			if err == nil && proto.Unmarshal(plain, &vote) == nil {
				return &vote, true
			}
		}
	}
	return nil, false
}

func (p *Phone) bothAddresses(jid types.JID) []types.JID {
	addresses := []types.JID{jid}
	if number, ok := p.cfg.Router.Number(jid); ok {
		addresses = append(addresses, number)
	}
	return addresses
}

// sealVote encrypts a vote of the phone for a poll.
func (p *Phone) sealVote(poll *chat.Message, secret []byte, options []string) (*waE2E.PollEncValue, error) {
	asker, err := types.ParseJID(poll.Sender)
	if err != nil {
		return nil, fmt.Errorf("sender of the poll: %w", err)
	}
	vote := &waE2E.PollVoteMessage{}
	for _, option := range options {
		hash := sha256.Sum256([]byte(option))
		vote.SelectedOptions = append(vote.SelectedOptions, hash[:])
	}
	plain, err := proto.Marshal(vote)
	if err != nil {
		return nil, fmt.Errorf("marshal vote: %w", err)
	}
	key, extra, err := voteKey(secret, poll.ID, asker, p.lid)
	if err != nil {
		return nil, err
	}
	iv := make([]byte, 12)
	_, _ = rand.Read(iv) // never fails, by its documentation
	sealed, err := gcmutil.Encrypt(key, iv, plain, extra)
	if err != nil {
		return nil, fmt.Errorf("encrypt vote: %w", err)
	}
	return &waE2E.PollEncValue{EncPayload: sealed, EncIV: iv}, nil
}
