package views

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
