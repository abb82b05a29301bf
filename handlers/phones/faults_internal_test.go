package phones

import (
	"errors"
	"slices"
	"testing"

	"wadah/session/sandbox"
	"wadah/views"
	phonesviews "wadah/views/phones"
)

// Everything that the simulated service can do wrong is on the page of the virtual
// phones, and the page offers nothing that the service does not know.
func TestPhonesOfferEveryFault(t *testing.T) {
	s, err := sandbox.New(sandbox.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	const number = "6281234567890"
	if _, err := s.AddPhone(number, "Budi"); err != nil {
		t.Fatal(err)
	}
	offered := map[sandbox.FaultKind]bool{}
	for _, kind := range views.FaultKinds() {
		fault, err := faultOf(kind, 0)
		if err != nil {
			t.Errorf("%s: %v", kind, err)
		}
		offered[fault.Kind] = true
		target := number
		if kind == string(sandbox.FaultHangHandshake) {
			target = ""
		}
		var refused *refusal // a fault of live connections finds none here
		if err := refuse(strike(s, target, fault)); err != nil && (!errors.As(err, &refused) || refused.code != "fault_offline") {
			t.Errorf("the service does not take %s: %v", kind, err)
		}
	}
	for _, kind := range sandbox.FaultKinds() {
		if !offered[kind] {
			t.Errorf("the page lacks the fault %s", kind)
		}
	}
	if len(s.Phones()[0].Faults) == 0 {
		t.Error("the phone does not show that faults wait")
	}
	if s.ClearFaultsOf(number); len(s.Phones()[0].Faults) != 0 {
		t.Error("the phone is troubled after its faults were ended")
	}
	if _, err := faultOf("connect_failure_x", 0); !errors.Is(err, sandbox.ErrFault) {
		t.Errorf("a refusal without a number: %v", err)
	}

	var modes []string
	for _, mode := range sandbox.OutageModes() {
		modes = append(modes, string(mode))
	}
	if !slices.Equal(modes, views.OutageModes()) {
		t.Errorf("the page offers the outages %v, the service has %v", views.OutageModes(), modes)
	}
	steps := []string{string(sandbox.StepPasskey), string(sandbox.StepConfirm), string(sandbox.StepPairing)}
	if !slices.Equal(steps, phonesviews.LinkSteps()) {
		t.Errorf("the page knows the steps %v, the service has %v", phonesviews.LinkSteps(), steps)
	}
	if broken := errors.New("broken"); refuse(broken) != broken || refuse(nil) != nil { //nolint:errorlint // the very error
		t.Error("what a person cannot mend is taken for a refusal")
	}
	for _, r := range refusals {
		if !slices.Contains(views.InvalidCodes(), r.code) {
			t.Errorf("%v becomes %q, for which the panel has no sentence", r.err, r.code)
		}
	}
}
