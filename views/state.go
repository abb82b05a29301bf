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

// Tone is the mood of a message or a state. It decides colour and icon; a word
// always stands beside them.
type Tone string

// The tones.
const (
	ToneOK     Tone = "ok"     // all is well
	ToneWait   Tone = "wait"   // something is under way, wait
	ToneAct    Tone = "act"    // the person has to do something
	ToneOff    Tone = "off"    // quietly off
	ToneDanger Tone = "danger" // something is wrong and will not mend itself
)

// Icon is the name of the symbol (Icon) that goes with the tone.
func (t Tone) Icon() string {
	switch t {
	case ToneOK:
		return "check"
	case ToneWait:
		return "wait"
	case ToneAct:
		return "hand"
	case ToneOff:
		return "off"
	case ToneDanger:
		return "alert"
	}
	return "off"
}
