package convert

import (
	"go.mau.fi/whatsmeow/types/events"

	"wadah/session/message"
)

// Limit says whether the account may open new chats.
func Limit(e *events.NotifyAccountReachoutTimelock) message.Limit {
	return message.Limit{
		Active: e.IsActive,
		Kind:   name(e.EnforcementType),
		Until:  cleanTime(e.TimeEnforcementEnds.Time),
	}
}
