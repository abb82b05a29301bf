package session

import "testing"

// TestTransitions names every event in every state: where it leads, or that it
// means nothing there. A new state, reason or event has to be decided here.
func TestTransitions(t *testing.T) {
	const none = "-"
	states := []State{StateOff, StatePairing, StateScan, StateConnected}
	// Columns as in states. "=" keeps state and reason.
	want := map[event][4]string{
		eventStart:       {"PAIRING/connecting", "PAIRING/connecting", "PAIRING/connecting", none},
		eventRestore:     {"PAIRING/restoring", "PAIRING/restoring", none, "PAIRING/restoring"},
		eventCodes:       {"SERVICE_SCAN/qr", "SERVICE_SCAN/qr", "SERVICE_SCAN/qr", none},
		eventPhoneCode:   {none, "SERVICE_SCAN/code", "SERVICE_SCAN/code", none},
		eventCodesOver:   {"=", "PAIRING/connecting", "PAIRING/connecting", none},
		eventPasskey:     {"PAIRING/passkey", "PAIRING/passkey", "PAIRING/passkey", none},
		eventLinked:      {"PAIRING/authenticating", "PAIRING/authenticating", "PAIRING/authenticating", none},
		eventOnline:      {"CONNECTED/ready", "CONNECTED/ready", none, "="},
		eventLost:        {"=", "=", "PAIRING/connecting", "PAIRING/reconnecting"},
		eventGrace:       {"SERVICE_OFF/network", "SERVICE_OFF/network", none, none},
		eventStorage:     all("SERVICE_OFF/storage"),
		eventStop:        all("SERVICE_OFF/stopped"),
		eventNotScanned:  all("SERVICE_OFF/not_scanned"),
		eventLoggedOut:   all("SERVICE_OFF/logged_out"),
		eventBanned:      all("SERVICE_OFF/banned"),
		eventOutdated:    all("SERVICE_OFF/outdated"),
		eventReplaced:    all("SERVICE_OFF/replaced"),
		eventRejected:    all("SERVICE_OFF/rejected"),
		eventProxyFailed: all("SERVICE_OFF/proxy_failed"),
		eventNews:        all("="),
		eventHeard:       all("="),
		eventDeleted:     all("SERVICE_OFF/stopped"),
	}
	for ev := range numEvents {
		row, ok := want[ev]
		if !ok {
			t.Errorf("event %q is not in this test's table", ev)
			continue
		}
		for i, state := range states {
			got := none
			if to, ok := next(state, ev); ok && to.keep {
				got = "="
			} else if ok {
				got = string(to.state) + "/" + string(to.reason)
			}
			if got != row[i] {
				t.Errorf("%s on %q: got %s, want %s", state, ev, got, row[i])
			}
		}
	}
}

func all(target string) [4]string { return [4]string{target, target, target, target} }

// TestTargetsAreKnownReasons ensures that the table leads only to reasons that
// Reasons lists, and that every listed reason can be reached or is an initial one.
func TestTargetsAreKnownReasons(t *testing.T) {
	known := map[Reason]bool{}
	for _, r := range Reasons() {
		known[r] = false
	}
	mark := func(to target) {
		if to.keep {
			return
		}
		if _, ok := known[to.reason]; !ok {
			t.Errorf("reason %q is not listed by Reasons", to.reason)
		}
		known[to.reason] = true
	}
	for _, row := range transitions {
		for _, to := range row {
			mark(to)
		}
	}
	for _, to := range anywhere {
		mark(to)
	}
	for r, reached := range known {
		if !reached && r != ReasonNeverStarted {
			t.Errorf("no event leads to reason %q", r)
		}
	}
}
