package message

import (
	"context"
	"errors"
	"fmt"
	"time"

	"wadah/models"
)

// Sender is what the outbox sends through. session.Manager is the one of the product.
type Sender interface {
	// Standing says whether messages of the device can be sent now, and what would change
	// that. Errors: the device does not exist.
	Standing(deviceID string) (Standing, error)

	// Encode makes WhatsApp's protobuf of a message, once, before it is stored. Errors:
	// *Invalid.
	Encode(ctx context.Context, deviceID string, out Outgoing) ([]byte, error)

	// Send hands a stored message over and waits for WhatsApp's acknowledgement. Before
	// its first byte leaves, everything that was stored for it survives a power cut.
	// Errors: ErrOffline when nothing has left; *RefusedError when WhatsApp does not take
	// it; anything else leaves open whether WhatsApp has it: the same message, with the
	// same ID, is to be sent again.
	Send(ctx context.Context, deviceID string, m Ready) (Ack, error)

	// Typing shows the recipient that the account is writing, or no longer is.
	Typing(ctx context.Context, deviceID string, to Chat, on bool) error
}

// Standing is how a device stands for sending.
type Standing struct {
	Account   string // number of the linked account; "" when it is not linked
	Connected bool
	Coming    bool // it is on its way to being connected, by itself
	State     string
	Reason    string
	// Changed is closed at the next change of any of these.
	Changed <-chan struct{}
}

// ReadMessages names messages that were read.
type ReadMessages struct {
	Chat   Chat
	Sender Party // in a group; nobody elsewhere
	IDs    []string
	At     time.Time
}

// ReadBySender is what it takes to mark messages of one chat as read: those of each
// sender together.
func ReadBySender(rows []models.Message, at time.Time) []ReadMessages {
	var reads []ReadMessages
	place := map[string]int{}
	for _, row := range rows {
		i, known := place[row.Sender.ID]
		if !known {
			i = len(reads)
			place[row.Sender.ID] = i
			r := ReadMessages{Chat: OfChat(row.Chat), At: at}
			if r.Chat.Kind == ChatGroup {
				r.Sender = PartyOfStored(row.Sender.Person)
			}
			reads = append(reads, r)
		}
		reads[i].IDs = append(reads[i].IDs, row.WAID)
	}
	return reads
}

// MaxCheck is how many numbers are asked about at once.
const MaxCheck = 50

// NumberCheck is what WhatsApp says of a phone number.
type NumberCheck struct {
	Number string // as it was asked about
	Exists bool
	Person Party // both addresses, where WhatsApp gave them; nobody where it is not there
}

// Ready is a message as it is handed over.
type Ready struct {
	ID  string
	To  Chat
	Raw []byte // what Encode made
}

// Ack is WhatsApp's acknowledgement.
type Ack struct {
	At time.Time
	To Chat // with the addresses that sending has found out
	// Partial counts devices of the recipients that could not be given the message.
	Partial int
}

// ErrOffline says that the device has no connection, or lost it before anything left.
var ErrOffline = errors.New("the device is not connected to WhatsApp")

// RefusedError is WhatsApp's refusal of a message.
type RefusedError struct {
	Why  Refusal
	Code int // WhatsApp's; 0 when there is none
}

func (e *RefusedError) Error() string { return fmt.Sprintf("WhatsApp refused: %s (%d)", e.Why, e.Code) }

// Refusal says why a message was refused or will not be sent. Programs see these words.
type Refusal string

// The refusals.
const (
	RefusedNotOnWhatsApp Refusal = "number_not_on_whatsapp"
	RefusedReachout      Refusal = "reachout_locked" // 463: no new chats for now
	RefusedTooMany       Refusal = "rate_limited"    // 429: fewer messages
	RefusedNotInGroup    Refusal = "not_in_group"
	RefusedNotAdmin      Refusal = "not_admin"
	RefusedInvite        Refusal = "invite_invalid"      // the code leads to no group (any more)
	RefusedByWhatsApp    Refusal = "refused_by_whatsapp" // for another reason, see Code
	RefusedExpired       Refusal = "expired"             // it was not sent in time
	RefusedUnlinked      Refusal = "unlinked"            // the account was unlinked, or another one linked
	RefusedRestored      Refusal = "restored"            // a backup was restored
	RefusedOffline       Refusal = "not_connected"
	RefusedUnfit         Refusal = "unfit" // what was stored cannot be sent
)
