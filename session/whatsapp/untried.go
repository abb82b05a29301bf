package whatsapp

import (
	"bytes"
	"fmt"

	"go.mau.fi/libsignal/state/record"
	"go.mau.fi/whatsmeow/store"
)

// untried gives a session that has decrypted a message back what it was in all but the
// state that could. Two who write to each other for the first time at the same moment have
// two states each, and libsignal (v0.2.2, Cipher.DecryptWithRecord) tries one after the
// other: a state that cannot decrypt the message keeps the step of the ratchet that was
// tried with it, and is stored so. Nothing that the other writes with it later could be
// decrypted. It also leaves a state that becomes the current one among the former ones.
//
// States are told apart by the key that began them. Was and is are what libsignal stores,
// was may be empty.
func untried(was, is []byte) ([]byte, error) {
	after, err := store.SignalProtobufSerializer.Session.Deserialize(is)
	if err != nil {
		return nil, fmt.Errorf("session to be stored: %w", err)
	}
	if len(after.PreviousStates) == 0 {
		return is, nil
	}
	var known []*record.StateStructure
	if len(was) > 0 {
		before, err := store.SignalProtobufSerializer.Session.Deserialize(was)
		if err != nil {
			return nil, fmt.Errorf("stored session: %w", err)
		}
		known = append([]*record.StateStructure{before.SessionState}, before.PreviousStates...)
	}
	kept := []*record.StateStructure{after.SessionState}
	for _, state := range after.PreviousStates {
		if find(kept, state) != nil {
			continue
		}
		if stored := find(known, state); stored != nil {
			state = stored
		}
		kept = append(kept, state)
	}
	after.PreviousStates = kept[1:]
	return store.SignalProtobufSerializer.Session.Serialize(after), nil
}

// find returns the newest of states that began as another one did, nil if there is none.
func find(states []*record.StateStructure, other *record.StateStructure) *record.StateStructure {
	for _, state := range states {
		if bytes.Equal(state.SenderBaseKey, other.SenderBaseKey) {
			return state
		}
	}
	return nil
}
