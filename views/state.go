package views

// The four states, as the API names them.
const (
	stateOff       = "SERVICE_OFF"
	statePairing   = "PAIRING"
	stateScan      = "SERVICE_SCAN"
	stateConnected = "CONNECTED"
)

// stateWord is the state in words people use.
func (l Lang) stateWord(state string) string {
	switch state {
	case stateConnected:
		return l.T("state.connected")
	case stateScan:
		return l.T("state.scan")
	case statePairing:
		return l.T("state.pairing")
	}
	return l.T("state.off")
}

// tone is the mood of a device: the reason's, which knows more than the state.
func (d Device) tone() Tone { return toneOf(d.State, d.Reason) }

func toneOf(state, reason string) Tone {
	if tone, ok := reasons[reason]; ok {
		return tone
	}
	switch state {
	case stateConnected:
		return ToneOK
	case stateScan:
		return ToneAct
	case statePairing:
		return ToneWait
	}
	return ToneOff
}

// isOn says whether something runs for the device, so that it can be stopped.
func (d Device) isOn() bool { return d.State != stateOff || d.Retrying }
