package message

import (
	"time"

	"wadah/models"
)

// Incoming is one thing that WhatsApp handed over and that must not be lost: it is
// stored before WhatsApp is told that it arrived.
type Incoming interface{ incoming() }

// Envelope is the outside of a message: what is known even if it cannot be read.
type Envelope struct {
	ID           string
	Chat         Chat
	Sender       Party // the account's own where FromMe
	FromMe       bool
	At           time.Time // by WhatsApp's clock
	PushName     string    // what the sender calls themselves; may be empty
	BusinessName string    // the name that WhatsApp verified for a company; may be empty
	Device       int       // of the sender: 0 is their phone
	// Addressing is how the sender was addressed. Files are asked for again, and answers
	// in groups written, in the same way.
	Addressing Addressing
	Broadcast  bool // it came through a broadcast list of the sender's
	ServerID   int  // number of a channel's message
}

type (
	// Message is a message in a chat: somebody's, or one that the account itself wrote on
	// its phone or another linked device.
	Message struct {
		Envelope
		Content Content
		// Raw is WhatsApp's protobuf without previews, for quoting, forwarding and programs
		// that want it. Empty where it was longer than MaxRaw.
		Raw []byte
		// NewRaw is likewise what an edit puts in the place of its target, Content.New.
		NewRaw []byte
	}

	// Undecryptable is a message of which only the outside is known. It may arrive once
	// more, whole: see session.Handler.
	Undecryptable struct {
		Envelope
		Why Why
		// Hidden says that the sender wants nothing to be shown in its place: it was a
		// reaction, an edit or the like.
		Hidden bool
	}

	// Receipt says what became of messages that the account sent.
	Receipt struct {
		IDs    []string
		Chat   Chat
		By     Party // whose device; in a group one of many
		Status Status
		At     time.Time
	}

	// OwnRead says that the account read messages of a chat on its phone or another
	// linked device.
	OwnRead struct {
		IDs    []string
		Chat   Chat
		Sender Party // whose messages, in a group
		Played bool  // heard, or a view-once message opened
		At     time.Time
	}

	// Call is a step of a call. Nothing of it can be answered here but a refusal.
	Call struct {
		ID     string
		From   Party  // who calls
		FromMe bool   // the account itself calls, on its phone
		By     Party  // whose device took this step
		Group  string // JID of the group that is called, or ""
		Video  bool
		Step   CallStep
		At     time.Time
		Why    string // WhatsApp's word for the end of a call; may be empty
	}

	// GroupChange is news of a group that the account is a member of.
	GroupChange struct {
		Group  string // JID
		By     Party  // who did it; may be unknown
		At     time.Time
		Action GroupAction
		// Members are those who joined, left, were promoted or demoted.
		Members []Party
		// Own says that the account itself is among Members.
		Own bool
		// Value is the new subject, description, invite code or number; "true" or "false" of a
		// switch, "" where WhatsApp did not say its new position.
		Value string
		// Why is WhatsApp's word for the reason, such as "invite" for who came by a link.
		Why string
		// Whole is the group as it is now, with GroupCreated.
		Whole *Group
	}

	// Pair says that two addresses belong to one person.
	Pair struct{ Person Party }

	// ReadMark is the mark that the account has set on a chat, on its phone or another linked
	// device: that it is read, or that it is not, although it was.
	ReadMark struct {
		Chat Chat
		Read bool
		At   time.Time
	}

	// Limit says what WhatsApp allows the account just now.
	Limit struct {
		Active bool
		Kind   string    // WhatsApp's word
		Until  time.Time // zero when WhatsApp gave no end
		At     time.Time
	}

	// History says that the phone has a piece of its history ready. Notice is WhatsApp's
	// protobuf, to fetch it with.
	History struct {
		ID     string // of the message it came in
		Notice []byte
		At     time.Time
	}

	// AppState says that settings of the account are to be fetched: who is in its address
	// book, which chats are muted, and more. Name is that of their collection. With Keys,
	// WhatsApp's protobuf, the phone has handed over the keys to all of them; Name is then
	// the ID of its message.
	AppState struct {
		Name string
		Keys []byte
		At   time.Time
	}
)

func (Message) incoming()       {}
func (Undecryptable) incoming() {}
func (Receipt) incoming()       {}
func (OwnRead) incoming()       {}
func (Call) incoming()          {}
func (GroupChange) incoming()   {}
func (Pair) incoming()          {}
func (Limit) incoming()         {}
func (ReadMark) incoming()      {}
func (History) incoming()       {}
func (AppState) incoming()      {}

// Why says why a message could not be read.
type Why string

// The reasons. All but the first may come whole later; a view-once message is for phones alone.
const (
	WhyViewOnce      Why = "view_once"
	WhyUndecryptable Why = "undecryptable"
	WhyUnavailable   Why = "unavailable"        // nothing was encrypted for this device
	WhySealed        Why = models.LackingSecret // see Content.Sealed
)

// Status is what became of a message that the account sent. It only moves forward, in
// this order; failed is an end of its own.
type Status string

// The statuses.
const (
	StatusQueued    Status = "queued"    // it waits here
	StatusSent      Status = "sent"      // WhatsApp has it
	StatusDelivered Status = "delivered" // what phones show as two ticks
	StatusRead      Status = "read"
	StatusPlayed    Status = "played" // a voice note or view-once message
	StatusFailed    Status = "failed"
)

// CallStep is a step of a call.
type CallStep string

// The steps of calls.
const (
	CallOffered  CallStep = "offered"
	CallAccepted CallStep = "accepted" // on the phone, or another device
	CallRejected CallStep = "rejected"
	CallEnded    CallStep = "ended"
)

// Group is a group as it is at one time.
type Group struct {
	JID         string        `json:"jid"`
	Subject     string        `json:"subject,omitempty"`
	Description string        `json:"description,omitempty"`
	Owner       Party         `json:"owner,omitzero"` // who made it; may be unknown
	CreatedAt   time.Time     `json:"created_at,omitzero"`
	SubjectBy   Party         `json:"subject_by,omitzero"`
	SubjectAt   time.Time     `json:"subject_at,omitzero"`
	Announce    bool          `json:"announce,omitempty"`    // only admins may write
	Locked      bool          `json:"locked,omitempty"`      // only admins may change its details
	Approval    bool          `json:"approval,omitempty"`    // admins must let new members in
	MembersAdd  bool          `json:"members_add,omitempty"` // members may add others, too
	Timer       time.Duration `json:"timer,omitempty"`
	Community   bool          `json:"community,omitempty"` // it holds other groups together
	Parent      string        `json:"parent,omitempty"`    // JID of the community it belongs to, or ""
	News        bool          `json:"news,omitempty"`      // it is the one in which a community's admins announce
	Suspended   bool          `json:"suspended,omitempty"`
	Addressing  Addressing    `json:"addressing,omitempty"`
	Members     []Member      `json:"members,omitempty"` // may be cut at MaxMembers
	Own         Role          `json:"own,omitempty"`     // what the account itself may do
	Size        int           `json:"size,omitempty"`    // how many there are
}

// Member is somebody in a group.
type Member struct {
	Party
	Role Role `json:"role,omitempty"`
}

// Role is what a member of a group may do.
type Role string

// The roles.
const (
	RoleMember Role = ""
	RoleAdmin  Role = "admin"
	RoleOwner  Role = "superadmin"
)

// GroupAction is what happened to a group.
type GroupAction string

// What can happen to a group. The switches say their new position in Value.
const (
	GroupCreated      GroupAction = "created" // or the account was added to it
	GroupJoined       GroupAction = "join"
	GroupLeft         GroupAction = "leave"
	GroupPromoted     GroupAction = "promote"
	GroupDemoted      GroupAction = "demote"
	GroupSubject      GroupAction = "subject"
	GroupDescription  GroupAction = "description"
	GroupAnnounce     GroupAction = "announce" // only admins may write
	GroupLocked       GroupAction = "restrict" // only admins may change the group's details
	GroupTimer        GroupAction = "timer"    // Value: seconds until messages disappear
	GroupApproval     GroupAction = "approval" // admins must let new members in
	GroupInvite       GroupAction = "invite"   // Value: the new code
	GroupRequested    GroupAction = "request"  // Members want to join
	GroupPicture      GroupAction = "picture"  // Value: WhatsApp's id of the new one; "" when it was removed
	GroupSuspended    GroupAction = "suspended"
	GroupLinked       GroupAction = "link"   // with a group or community, Value
	GroupUnlinked     GroupAction = "unlink" // from a group or community, Value
	GroupDeleted      GroupAction = "deleted"
	GroupOtherChanged GroupAction = "other" // Value: WhatsApp's word
)
