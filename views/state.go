package views

// The four states, as the API names them.
const (
	StateOff       = "SERVICE_OFF"
	StatePairing   = "PAIRING"
	StateScan      = "SERVICE_SCAN"
	StateConnected = "CONNECTED"
)

// StateWord is the state in words people use.
func (l Lang) StateWord(state string) string {
	switch state {
	case StateConnected:
		return l.T("state.connected")
	case StateScan:
		return l.T("state.scan")
	case StatePairing:
		return l.T("state.pairing")
	}
	return l.T("state.off")
}

// Tone is the mood of a device: the reason's, which knows more than the state.
func (d Device) Tone() Tone { return StateTone(d.State, d.Reason) }

// StateTone is the mood of a state and its reason; the reason knows more.
func StateTone(state, reason string) Tone {
	if tone, ok := reasons[reason]; ok {
		return tone
	}
	switch state {
	case StateConnected:
		return ToneOK
	case StateScan:
		return ToneAct
	case StatePairing:
		return ToneWait
	}
	return ToneOff
}

// IsOn says whether something runs for the device, so that it can be stopped.
func (d Device) IsOn() bool { return d.State != StateOff || d.Retrying }
