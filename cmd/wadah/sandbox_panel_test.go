package main

import (
	"errors"
	"slices"
	"testing"

	"wadah/handlers"
	"wadah/session/sandbox"
	"wadah/views"
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
	phones, offered := panelPhones(s), map[sandbox.FaultKind]bool{}
	for _, kind := range views.FaultKinds() {
		fault, err := faultOf(handlers.Fault{Kind: kind})
		if err != nil {
			t.Errorf("%s: %v", kind, err)
		}
		offered[fault.Kind] = true
		target := number
		if kind == string(sandbox.FaultHangHandshake) {
			target = ""
		}
		var refused *handlers.SandboxRefusal // a fault of live connections finds none here
		if err := phones.Fault(target, handlers.Fault{Kind: kind}); err != nil && (!errors.As(err, &refused) || refused.Code != "fault_offline") {
			t.Errorf("the service does not take %s: %v", kind, err)
		}
	}
	for _, kind := range sandbox.FaultKinds() {
		if !offered[kind] {
			t.Errorf("the page lacks the fault %s", kind)
		}
	}
	if !phones.Phones()[0].Troubled {
		t.Error("the phone does not show that faults wait")
	}
	if phones.ClearFaults(number); phones.Phones()[0].Troubled {
		t.Error("the phone is troubled after its faults were ended")
	}
	if _, err := faultOf(handlers.Fault{Kind: "connect_failure_x"}); !errors.Is(err, sandbox.ErrFault) {
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
	if !slices.Equal(steps, views.LinkSteps()) {
		t.Errorf("the page knows the steps %v, the service has %v", views.LinkSteps(), steps)
	}
	for _, r := range refusals {
		if !slices.Contains(views.InvalidCodes(), r.code) {
			t.Errorf("%v becomes %q, for which the panel has no sentence", r.err, r.code)
		}
	}
}
