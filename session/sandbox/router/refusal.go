package router

import (
	"strconv"

	waBinary "go.mau.fi/whatsmeow/binary"
	"go.mau.fi/whatsmeow/types"

	"wadah/session/sandbox/stanza"
	"wadah/session/sandbox/violation"
)

// The errors of acknowledgements. What is not known of WhatsApp is the code that its
// requests (IQs) have for the same reason, which is said here.
const (
	// codeBadRequest: a recipient of a kind that cannot be written to. As requests have
	// it.
	codeBadRequest = 400
	// codeForbidden: the sender is not in the group, or may not write in it. As requests
	// about groups have it (ErrIQForbidden becomes ErrNotInGroup in the library's
	// group.go).
	codeForbidden = 403
	// codeNotFound: nobody, or no group, has this address. As requests have it.
	codeNotFound = 404
	// codeStaleAddressing: a group's members are addressed in the way that the group does
	// not use (public: WhiskeySockets/Baileys issue 1807, error 421 of group messages
	// without the right addressing_mode).
	codeStaleAddressing = 421
	// codeReachout: NackCallerReachoutTimelocked; the account may not begin chats, and no
	// valid token for this one was attached (public: tulir/whatsmeow issue 1074, Baileys
	// SERVER_ERROR_CODES.MessageAccountRestriction).
	codeReachout = 463
	// codeInvalid: SMAX_INVALID, the stanza has not the shape that WhatsApp wants (public:
	// Baileys SERVER_ERROR_CODES.SmaxInvalid, "stale device session or malformed
	// addressing"; tulir/whatsmeow issues 690 and 922).
	codeInvalid = 479
)

// refusal is why a message is not delivered. Kind is empty when the client did nothing
// wrong.
type refusal struct {
	code   int
	kind   violation.Kind
	detail string
}

func invalid(detail string) *refusal { return &refusal{codeInvalid, violation.Shape, detail} }

// unknownRecipient tells a person who does not exist from an address that is none.
func (s *Session) unknownRecipient(to types.JID) *refusal {
	switch to.Server {
	case types.DefaultUserServer, types.LegacyUserServer, types.HiddenUserServer, types.GroupServer, types.NewsletterServer:
		return &refusal{code: codeNotFound}
	default:
		return &refusal{code: codeBadRequest}
	}
}

// refuse counts a refused message and notes what the client did wrong.
func (s *Session) refuse(node *waBinary.Node, why *refusal) {
	if s.r.stats.Refused == nil {
		s.r.stats.Refused = make(map[int]int64)
	}
	s.r.stats.Refused[why.code]++
	if why.kind != "" {
		s.note(why.kind, stanza.Attr(node, "id"), why.detail)
	}
	s.r.log.Info("message refused", "device", s.d.masked(), "code", strconv.Itoa(why.code), "detail", why.detail)
}
