package webhook

import (
	"encoding/json"

	"wadah/models"
	"wadah/session/eventlog"
)

// About is what is said beside an event of the device it is of.
type About struct {
	Device string // its ID
	Key    string // its API key, for receivers that know it by that; "" otherwise
	Own    string // WhatsApp's address of its account
}

// name is how a body names the device.
func (a About) name() string {
	if a.Key != "" {
		return a.Key
	}
	return a.Device
}

// Body is one thing to post.
type Body struct {
	ID   string // the same with every try
	Type string
	JSON []byte
}

// Bodies are what an endpoint gets of an event, in this order: none of what it does not want,
// or its format has no word for. It follows from its arguments alone.
func Bodies(to models.EndpointChoices, about About, e models.Event) ([]Body, error) {
	if to.Format == models.FormatWHAPI {
		return whapi(to, about, e)
	}
	data, err := eventlog.Data(e)
	if err != nil {
		return nil, err
	}
	if !to.Files && hasFile(data) {
		return nil, nil
	}
	text, err := json.Marshal(struct {
		Device string `json:"device"`
		eventlog.Event
	}{about.name(), eventlog.Event{Seq: e.Seq, ID: e.ID, Type: e.Type, At: e.At, Data: data}})
	return []Body{{e.ID, e.Type, text}}, err
}

// hasFile reports whether a message comes with a file.
func hasFile(data json.RawMessage) bool {
	var m struct {
		Media json.RawMessage `json:"media"`
	}
	return json.Unmarshal(data, &m) == nil && m.Media != nil
}
