package sandbox

// ConfirmPasskey is the person at the phone who has compared the codes. It is
// needed only by a device that could not prove that its own code was scanned.
func (s *Service) ConfirmPasskey(number string) error {
	s.mu.Lock()
	p := s.phones[number]
	if p == nil {
		s.mu.Unlock()
		return ErrPhoneUnknown
	}
	for l := range p.links {
		if l.passkey == nil || l.step != StepConfirm {
			continue
		}
		l.passkey.proven = true // the keys are taken when they come
		ready := l.passkey.held != nil
		if ready {
			l.advSecret, l.step = l.passkey.held, StepPairing
		}
		s.mu.Unlock()
		if ready {
			return s.offer(l)
		}
		return nil
	}
	s.mu.Unlock()
	return ErrPasskeyUnknown
}

// RefusePasskey is the person at the phone who does not go on: the passkey was not
// asked for by that person, or the codes differ. The device is hung up on.
func (s *Service) RefusePasskey(number string) error {
	s.mu.Lock()
	p := s.phones[number]
	if p == nil {
		s.mu.Unlock()
		return ErrPhoneUnknown
	}
	var refused []*link
	for l := range p.links {
		if l.passkey != nil && l.step != StepPairing {
			refused = append(refused, l)
		}
	}
	s.mu.Unlock()
	if len(refused) == 0 {
		return ErrPasskeyUnknown
	}
	for _, l := range refused {
		s.abandon(l, ErrPasskeyRefused)
	}
	return nil
}
