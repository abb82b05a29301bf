package web

import (
	"errors"
	"net/http"
	"time"

	"wadah/session"
	"wadah/session/eventlog"
	"wadah/session/message"
)

// messageFailure is what clients are told of what the messages' layers report; nil when err
// is none of that.
func messageFailure(err error) *Failure {
	var offline *message.OfflineError
	var refused *message.RefusedError
	var locked *message.LockedError
	var paced *message.PacedError
	var invalid *message.Invalid
	var gone *eventlog.GoneError
	switch {
	case errors.As(err, &offline):
		f := notConnected()
		f.State, f.Reason = session.State(offline.Standing.State), session.Reason(offline.Standing.Reason)
		return f
	case errors.Is(err, message.ErrOffline):
		return notConnected()
	case errors.As(err, &refused):
		return refusal(refused)
	case errors.As(err, &locked):
		return &Failure{
			Status: http.StatusTooManyRequests, Code: string(message.RefusedReachout), RetryAfter: until(locked.Limit.Until), More: untilOf(locked.Limit.Until),
			Message: "WhatsApp lets this account open no new chats for now. Chats that exist still work.",
		}
	case errors.As(err, &paced):
		return &Failure{
			Status: http.StatusTooManyRequests, Code: "paced", RetryAfter: until(paced.Until), More: untilOf(paced.Until),
			Message: "WhatsApp was asked too much, which it bans accounts for. Wait as long as Retry-After says.",
		}
	case errors.As(err, &invalid):
		return invalidMessage(invalid)
	case errors.Is(err, message.ErrTooMany):
		return &Failure{
			Status: http.StatusTooManyRequests, Code: "queue_full", RetryAfter: time.Minute,
			Message: "As many messages wait to be sent as may wait. Nothing was stored; send this one later.",
		}
	case errors.Is(err, message.ErrOtherParams):
		return &Failure{
			Status: http.StatusConflict, Code: "idempotency_mismatch",
			Message: "This idempotency key was used for a call with other parameters. Use a new key for a new message.",
		}
	case errors.As(err, &gone):
		return &Failure{
			Status: http.StatusGone, Code: "events_gone",
			Message: "Events after that number are not kept any more, or never were. Go on from the number before first.",
			More:    map[string]any{"first": gone.First},
		}
	}
	return nil
}

func notConnected() *Failure {
	return &Failure{
		Status: http.StatusConflict, Code: "not_connected",
		Message: "The device is not connected to WhatsApp. Nothing was sent and nothing is kept; with queue=1 it is sent when the device is back.",
	}
}

// refusals are the sentences of what WhatsApp, or the lane, does not take.
var refusals = map[message.Refusal]Failure{
	message.RefusedNotOnWhatsApp: {
		Status: http.StatusUnprocessableEntity, Code: "number_not_on_whatsapp",
		Message: "This number is not on WhatsApp.",
	},
	message.RefusedReachout: {
		Status: http.StatusTooManyRequests, Code: "reachout_locked",
		Message: "WhatsApp lets this account open no new chats for now. Chats that exist still work.",
	},
	message.RefusedTooMany: {
		Status: http.StatusTooManyRequests, Code: "rate_limited", RetryAfter: time.Minute,
		Message: "WhatsApp refuses more attempts for now. Wait a while and try again.",
	},
	message.RefusedNotInGroup: {
		Status: http.StatusForbidden, Code: "not_in_group",
		Message: "The account is not a member of this group.",
	},
	message.RefusedNotAdmin: {
		Status: http.StatusForbidden, Code: "not_admin",
		Message: "Only admins may do this in this group.",
	},
	message.RefusedInvite: {
		Status: http.StatusNotFound, Code: "invite_invalid",
		Message: "This invitation leads to no group, or was withdrawn. Ask an admin of the group for its link.",
	},
	message.RefusedExpired: {
		Status: http.StatusConflict, Code: "expired",
		Message: "The message was not sent within its ttl, and will not be.",
	},
	message.RefusedUnlinked: {
		Status: http.StatusConflict, Code: "unlinked",
		Message: "The account was unlinked before the message was sent. It will not be sent.",
	},
	message.RefusedUnfit: {
		Status: http.StatusUnprocessableEntity, Code: "unfit",
		Message: "This message cannot be sent as it is.",
	},
}

func refusal(e *message.RefusedError) *Failure {
	f, known := refusals[e.Why]
	if !known {
		f = Failure{
			Status: http.StatusBadGateway, Code: "refused_by_whatsapp",
			Message: "WhatsApp does not take this message; wa_code is its reason.",
		}
	}
	if e.Code != 0 {
		f.More = map[string]any{"wa_code": e.Code}
	}
	return f.Because(e)
}

// problemWords say what is wrong with a part of a message.
var problemWords = map[message.Problem]string{
	message.ProblemMissing:    " is missing.",
	message.ProblemTooLong:    " is too long.",
	message.ProblemTooFew:     " has too few entries.",
	message.ProblemTooMany:    " has too many entries.",
	message.ProblemTwice:      " has the same entry twice.",
	message.ProblemRange:      " is out of range.",
	message.ProblemBadText:    " is no text that can be sent: it must be UTF-8 without NUL.",
	message.ProblemUnsendable: " cannot be sent, changed or passed on.",
}

// fieldNames are the parameters behind parts of a message, where they have another name.
var fieldNames = map[string]string{
	"to": "phone", "text": "message", "target": "The message that id_message names", "original": "The message that id_message names",
	"new": "message", "quote": "reply_to", "poll": "options", "contacts": "contact", "kind": "This message",
}

func invalidMessage(e *message.Invalid) *Failure {
	name := e.Field
	if other, ok := fieldNames[name]; ok {
		name = other
	}
	f := &Failure{Status: http.StatusBadRequest, Code: "parameter_invalid"}
	f.Message = name + problemWords[e.Problem]
	return f.Because(e)
}

// until is how long it is to a moment, not less than a second; zero for none.
func until(t time.Time) time.Duration {
	if t.IsZero() {
		return 0
	}
	return max(time.Until(t), time.Second)
}

func untilOf(t time.Time) map[string]any { return map[string]any{"until": Stamp(t)} }
