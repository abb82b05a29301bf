package webhook

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"

	"wadah/models"
	"wadah/models/rules"
	"wadah/session/message"
)

// Types are the types of events that endpoints of a format can ask for, sorted.
func Types(format string) []string {
	if format == models.FormatWHAPI {
		return slices.Sorted(maps.Keys(whapiSources))
	}
	return []string{
		message.EventCall, message.EventGroup, message.EventLimit, message.EventMessage, message.EventEdited, message.EventFilled,
		message.EventRevoked, message.EventStatus, message.EventVote, message.EventReaction, models.EventState,
	}
}

// Limits of what is chosen.
const (
	maxHeaders = 10
	maxHeader  = 1000
)

// reserved are headers that say what they say.
var reserved = []string{
	"Host", "Content-Type", "Content-Length", "Transfer-Encoding", "Connection", "User-Agent", "Webhook-Id", "Webhook-Timestamp",
	"Webhook-Signature", "X-Hub-Signature-256", "Upgrade", "Te", "Trailer", "Proxy-Authorization", "Keep-Alive",
}

// Choose puts the wanted types, as they were named, into c, and checks everything of it that
// was chosen. Refusals are models.Invalid, and ErrRefused for an address.
func (g Guard) Choose(c *models.EndpointChoices, wanted []string) error {
	if err := g.Check(c.URL); err != nil {
		return err
	}
	known := Types(c.Format)
	c.Events, c.Kinds = nil, nil
	for _, name := range wanted {
		switch {
		case !slices.Contains(known, name):
			return rules.Refuse("events", "events_invalid", fmt.Sprintf("%q is no type of event of this format. There are: %s.", rules.Clip(name, 40), strings.Join(known, ", ")))
		case c.Format != models.FormatWHAPI:
			c.Events = append(c.Events, name)
		default:
			c.Kinds = append(c.Kinds, name)
			c.Events = append(c.Events, whapiSources[name]...)
		}
	}
	c.Events, c.Kinds = compact(c.Events), compact(c.Kinds)
	return checkHeaders(c.Headers)
}

func compact(list []string) []string {
	slices.Sort(list)
	return slices.Compact(list)
}

// Wanted are the types that an endpoint asks for, by the names of its format; none: all.
func Wanted(c models.EndpointChoices) []string {
	if c.Format == models.FormatWHAPI {
		return c.Kinds
	}
	return c.Events
}

func checkHeaders(headers map[string]string) error {
	if len(headers) > maxHeaders {
		return rules.Refuse("headers", "headers_invalid", "There can be at most 10 headers.")
	}
	for name, value := range headers {
		plain := name != "" && strings.Trim(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_") == ""
		unfit := func(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f }
		switch {
		case !plain || len(name) > 100 || len(value) > maxHeader || strings.ContainsFunc(value, unfit):
			return rules.Refuse("headers", "headers_invalid", "A header is a name, a colon and a value: Authorization: Bearer abc.")
		case slices.Contains(reserved, http.CanonicalHeaderKey(name)):
			return rules.Refuse("headers", "headers_invalid", fmt.Sprintf("The header %s is set by Wadah.", name))
		}
	}
	return nil
}
