package webhook

import (
	"encoding/json"

	"wadah/session/eventlog"
)

// body is what is sent of an event: what getEvents answers of it, and the device it is of.
func body(device string, e eventlog.Event) ([]byte, error) {
	return json.Marshal(struct {
		Device string `json:"device"` // its ID
		eventlog.Event
	}{device, e})
}
