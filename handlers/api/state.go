package api

import (
	"net/http"
	"strconv"

	"github.com/labstack/echo/v4"

	"wadah/handlers/web"
	"wadah/session"
)

// stateBodies are the four possible answers of getState, ready to be sent: clients
// poll this call more than any other.
var stateBodies = map[session.State][]byte{
	session.StateOff:       []byte(`{"code":200,"results":{"state":"SERVICE_OFF"}}`),
	session.StatePairing:   []byte(`{"code":200,"results":{"state":"PAIRING"}}`),
	session.StateScan:      []byte(`{"code":200,"results":{"state":"SERVICE_SCAN"}}`),
	session.StateConnected: []byte(`{"code":200,"results":{"state":"CONNECTED"}}`),
}

// getState answers the device's state. It reads a snapshot and never blocks.
func (s *Calls) getState(c echo.Context, call deviceCall) error {
	return web.WriteJSON(c, http.StatusOK, stateBodies[call.snap.State])
}

// getWWebVersion answers the WhatsApp Web version that connections really use,
// without asking the network.
func (s *Calls) getWWebVersion(c echo.Context, _ deviceCall) error {
	version := s.devices.Version()
	body := []byte(`{"code":200,"results":{"version":[`)
	for i, part := range version {
		if i > 0 {
			body = append(body, ',')
		}
		body = strconv.AppendUint(body, uint64(part), 10)
	}
	return web.WriteJSON(c, http.StatusOK, append(body, "]}}"...))
}

// deviceJSON is a device as getDevice and /api/events tell it. Unknown moments and
// everything about an account that is not linked are null.
type deviceJSON struct {
	ID        string         `json:"id"`
	Name      string         `json:"name"`
	State     session.State  `json:"state"`
	Reason    session.Reason `json:"reason"`
	Detail    string         `json:"detail"`
	Since     *string        `json:"since"`
	Until     *string        `json:"until"`
	Desired   bool           `json:"desired"`
	Retrying  bool           `json:"retrying"`
	Unsaved   bool           `json:"unsaved"`
	Linked    bool           `json:"linked"`
	Number    *string        `json:"number"`
	PushName  *string        `json:"pushName"`
	Platform  *string        `json:"platform"`
	LinkedAt  *string        `json:"linkedAt"`
	LastAlive *string        `json:"lastAlive"`
	CreatedAt *string        `json:"createdAt"`
}

func newDeviceJSON(s session.Snapshot) deviceJSON {
	return deviceJSON{
		ID: s.ID, Name: s.Name, State: s.State, Reason: s.Reason, Detail: s.Detail,
		Since: web.Stamp(s.Since), Until: web.Stamp(s.Until), Desired: s.Desired, Retrying: s.Retrying, Unsaved: s.Unsaved,
		Linked: s.Linked(), Number: known(s.Number()), PushName: known(s.Account.Name),
		Platform: known(s.Account.Platform), LinkedAt: web.Stamp(s.LinkedAt),
		LastAlive: web.Stamp(s.LastAlive), CreatedAt: web.Stamp(s.CreatedAt),
	}
}

// known is nil (null) for the empty string.
func known(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// getDevice answers everything there is to know about the device at this moment.
func (s *Calls) getDevice(c echo.Context, call deviceCall) error {
	return web.WriteResults(c, newDeviceJSON(call.snap))
}
