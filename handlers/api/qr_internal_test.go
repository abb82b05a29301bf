package api

import (
	"slices"
	"testing"

	"wadah/handlers/api/openapi"
	"wadah/session"
	referenceviews "wadah/views/reference"
)

// What getQR answers to every reason is among the errors that its description names.
func TestWhyThereIsNoQR(t *testing.T) {
	ref, err := openapi.Read()
	if err != nil {
		t.Fatal(err)
	}
	for _, reason := range []session.Reason{
		session.ReasonNeverStarted, session.ReasonStopped, session.ReasonNotScanned, session.ReasonLoggedOut, session.ReasonBanned,
		session.ReasonOutdated, session.ReasonReplaced, session.ReasonRejected, session.ReasonProxyFailed, session.ReasonNetwork, session.ReasonStorage,
	} {
		f := noQR(session.Snapshot{State: session.StateOff, Reason: reason})
		if !slices.ContainsFunc(ref.Calls["getQR"].Errors, func(e referenceviews.RefError) bool { return e.Code == f.Code && e.Status == f.Status }) {
			t.Errorf("getQR answers %d %s and does not say so", f.Status, f.Code)
		}
	}
}
