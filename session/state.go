package session

// event is what can happen to a device, seen from its state. Signals, commands and
// deadlines all become events; the table below is the only place that says where
// they lead.
type event uint8

const (
	eventStart       event = iota // somebody, or the program's start, wants an unlinked device on
	eventRestore                  // the same for a linked device
	eventCodes                    // a QR code is valid now
	eventPhoneCode                // a phone code is valid now
	eventCodesOver                // the last code of the round expired, or the round's connection ended
	eventPasskey                  // WhatsApp asks for a passkey
	eventLinked                   // the phone accepted
	eventOnline                   // the login is complete
	eventLost                     // the connection ended, failed or fell silent; it will be tried again
	eventGrace                    // unreachable for longer than the grace time
	eventStorage                  // our own store fails; it will be tried again
	eventStop                     // somebody wants it off
	eventNotScanned               // the scan window ended
	eventLoggedOut                // the link is gone
	eventBanned                   // the account is locked for a time
	eventOutdated                 // our version is refused, also after a refresh
	eventReplaced                 // the link is used elsewhere
	eventRejected                 // the login is refused for another reason; it will be tried again
	eventProxyFailed              // the device's proxy does not let us through; it will be tried again
	eventNews                     // something else about it changed: its name, what is owed to the store, …
	eventHeard                    // WhatsApp was heard; nobody waits for that
	eventDeleted                  // it is gone
	numEvents                     // not an event
)

// target is where a transition leads. keep leaves state and reason as they are:
// the event is expected there and changes other things, or nothing, that can be seen.
// quiet tells nobody.
type target struct {
	state       State
	reason      Reason
	keep, quiet bool
}

var (
	toOff       = func(r Reason) target { return target{state: StateOff, reason: r} }
	toPairing   = func(r Reason) target { return target{state: StatePairing, reason: r} }
	toScan      = func(r Reason) target { return target{state: StateScan, reason: r} }
	toConnected = target{state: StateConnected, reason: ReasonReady}
	unchanged   = target{keep: true}
)

// anywhere is where events lead that mean the same in every state.
var anywhere = map[event]target{
	eventNews:        unchanged,
	eventHeard:       {keep: true, quiet: true},
	eventDeleted:     toOff(ReasonStopped),
	eventStop:        toOff(ReasonStopped),
	eventNotScanned:  toOff(ReasonNotScanned),
	eventLoggedOut:   toOff(ReasonLoggedOut),
	eventBanned:      toOff(ReasonBanned),
	eventOutdated:    toOff(ReasonOutdated),
	eventReplaced:    toOff(ReasonReplaced),
	eventRejected:    toOff(ReasonRejected),
	eventProxyFailed: toOff(ReasonProxyFailed),
	eventStorage:     toOff(ReasonStorage),
}

// transitions is the device's life. Signals of connections that are no longer
// current never get here. SERVICE_OFF has rows for a running connection because a
// device that is off for a reason that may pass (network, storage) keeps trying.
var transitions = map[State]map[event]target{
	StateOff: {
		eventStart:     toPairing(ReasonConnecting),
		eventRestore:   toPairing(ReasonRestoring),
		eventCodes:     toScan(ReasonQR),
		eventPasskey:   toPairing(ReasonPasskey),
		eventLinked:    toPairing(ReasonAuthenticating),
		eventOnline:    toConnected,
		eventLost:      unchanged,
		eventCodesOver: unchanged,
		eventGrace:     toOff(ReasonNetwork),
	},
	StatePairing: {
		eventStart:     toPairing(ReasonConnecting),
		eventRestore:   toPairing(ReasonRestoring),
		eventCodes:     toScan(ReasonQR),
		eventPhoneCode: toScan(ReasonCode),
		eventPasskey:   toPairing(ReasonPasskey),
		eventLinked:    toPairing(ReasonAuthenticating),
		eventOnline:    toConnected,
		eventLost:      unchanged,
		eventCodesOver: toPairing(ReasonConnecting), // a passkey step that came to nothing
		eventGrace:     toOff(ReasonNetwork),
	},
	StateScan: {
		eventStart:     toPairing(ReasonConnecting),
		eventCodes:     toScan(ReasonQR),
		eventPhoneCode: toScan(ReasonCode),
		eventCodesOver: toPairing(ReasonConnecting),
		eventPasskey:   toPairing(ReasonPasskey),
		eventLinked:    toPairing(ReasonAuthenticating),
		eventLost:      toPairing(ReasonConnecting),
	},
	StateConnected: {
		eventRestore: toPairing(ReasonRestoring),
		eventOnline:  unchanged,
		eventLost:    toPairing(ReasonReconnecting),
	},
}

// next says where ev leads from state; ok is false when it means nothing there.
func next(state State, ev event) (t target, ok bool) {
	if t, ok := transitions[state][ev]; ok {
		return t, true
	}
	t, ok = anywhere[ev]
	return t, ok
}

// String names the event in logs and test failures.
func (e event) String() string {
	return [...]string{
		"start", "restore", "codes", "phone_code", "codes_over", "passkey", "linked", "online", "lost", "grace",
		"storage", "stop", "not_scanned", "logged_out", "banned", "outdated", "replaced", "rejected", "proxy_failed",
		"news", "heard", "deleted", "",
	}[e]
}

// final reports whether a device that is off for this reason stays off until somebody
// starts it, also across a restart of the program: somebody wanted it so, or WhatsApp
// means it for good. The other reasons can end by themselves, and are tried again while
// the program runs; or by what was installed meanwhile (outdated), and are tried by the
// next start of the program.
func (r Reason) final() bool {
	switch r {
	case ReasonNeverStarted, ReasonStopped, ReasonNotScanned, ReasonLoggedOut, ReasonBanned, ReasonReplaced:
		return true
	case ReasonOutdated, ReasonRejected, ReasonProxyFailed, ReasonNetwork, ReasonStorage, ReasonServerDown,
		ReasonConnecting, ReasonAuthenticating, ReasonReconnecting, ReasonRestoring, ReasonPasskey,
		ReasonQR, ReasonCode, ReasonReady:
		return false
	}
	return false
}

// Reasons lists every reason a device can be seen with, for tables that must be
// complete.
func Reasons() []Reason {
	return []Reason{
		ReasonNeverStarted, ReasonStopped, ReasonNotScanned, ReasonLoggedOut, ReasonBanned, ReasonOutdated, ReasonReplaced,
		ReasonRejected, ReasonProxyFailed, ReasonNetwork, ReasonStorage,
		ReasonConnecting, ReasonAuthenticating, ReasonReconnecting, ReasonRestoring, ReasonPasskey,
		ReasonQR, ReasonCode, ReasonReady,
	}
}
