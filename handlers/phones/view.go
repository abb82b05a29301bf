package phones

import (
	"context"
	"time"

	"wadah/handlers/pages"
	"wadah/handlers/visitor"
	"wadah/handlers/web"
	"wadah/session"
	"wadah/session/sandbox"
	"wadah/views"
	phonesviews "wadah/views/phones"
)

// phoneTimeline is how many events the phones' page shows of each device.
const phoneTimeline = 5

// lastPhonesSize is of how many devices it is remembered which phone each was linked to
// last, so that a device that was unlinked stays beside its phone: what becomes of it is
// what one wants to see.
const lastPhonesSize = 10_000

// saw notes that a device has to do with a phone.
func (s *Pages) saw(deviceID, number string) { s.lastPhones.Put(deviceID, time.Now(), number) }

// last is the number of the phone a device had to do with last; "" for none.
func (s *Pages) last(deviceID string) string {
	number, _ := s.lastPhones.Get(deviceID, time.Now())
	return number
}

// view is the page of the virtual phones, with the devices that have to do with
// them, but those the reader may not see.
func (s *Pages) view(ctx context.Context, page views.Page, v *visitor.Visitor) (phonesviews.PhonesPage, error) {
	out := phonesviews.PhonesPage{
		Page: page, Outage: string(s.service.Outage()), CanPlay: v.May(web.Operator), CanBreak: v.May(web.Admin),
		Events: "/events?page=phones",
	}
	look := phoneLook{s: s, v: v, byJID: make(map[string]session.Snapshot)}
	for _, snap := range s.devices.Snapshots() {
		if snap.Linked() {
			look.byJID[snap.Account.JID] = snap
		}
		if !v.Scope.Sees(snap.ID) {
			continue
		}
		look.seen = append(look.seen, snap)
		if snap.State == session.StateScan && out.CanPlay {
			out.Targets = append(out.Targets, scanTarget(snap, v.Zone))
		}
	}
	out.NoDevices = len(look.seen) == 0
	for _, phone := range s.service.Phones() {
		view, err := look.phone(ctx, phone)
		if err != nil {
			return out, err
		}
		out.Phones = append(out.Phones, view)
	}
	return out, nil
}

// scanTarget is a device that shows a code now.
func scanTarget(snap session.Snapshot, z visitor.Zone) phonesviews.ScanTarget {
	target := phonesviews.ScanTarget{DeviceID: snap.ID, Name: snap.Name}
	code := snap.QR
	if snap.Phone != nil {
		code, target.Code = snap.Phone, snap.Phone.Text
	}
	if code != nil {
		target.From, target.Expires = z.At(code.From), z.At(code.Expires)
	}
	return target
}

// phoneLook is how somebody sees the phones.
type phoneLook struct {
	s     *Pages
	v     *visitor.Visitor
	seen  []session.Snapshot          // devices that may be seen
	byJID map[string]session.Snapshot // all linked devices
}

func (l *phoneLook) phone(ctx context.Context, phone sandbox.PhoneInfo) (phonesviews.Phone, error) {
	view := phonesviews.Phone{
		Number: phone.Number, Name: phone.Name, Platform: string(phone.Platform), Online: phone.Online, Passkey: phone.Passkey,
		Code: phone.CodeWaiting, Troubled: len(phone.Faults) > 0,
	}
	var beside []session.Snapshot
	for _, c := range phone.Companions {
		snap := l.byJID[c.JID]
		if snap.ID != "" && !l.v.Scope.Sees(snap.ID) {
			view.Shared = true
			continue
		}
		if snap.ID != "" {
			l.s.saw(snap.ID, phone.Number)
			beside = append(beside, snap)
		}
		view.Companions = append(view.Companions, phonesviews.Companion{
			JID: c.JID, Device: snap.Name, DeviceID: snap.ID, State: string(snap.State), Reason: string(snap.Reason),
			OS: c.OS, Platform: c.Platform, LinkedAt: l.v.Zone.At(c.LinkedAt), LastActive: l.v.Zone.At(c.LastActive), Connected: c.Connected,
		})
	}
	for _, link := range phone.Linking {
		if step, ok := l.link(phone.Number, link); ok {
			view.Linking = append(view.Linking, step)
		}
	}
	for _, snap := range l.seen {
		if !snap.Linked() && l.s.last(snap.ID) == phone.Number {
			beside = append(beside, snap)
		}
	}
	for _, snap := range beside {
		device, err := l.device(ctx, snap)
		if err != nil {
			return view, err
		}
		view.Devices = append(view.Devices, device)
	}
	return view, nil
}

// link is a device that the phone is linking. It is left out when it is a device the
// reader may not see, or may not be told from one.
func (l *phoneLook) link(number string, link sandbox.Linking) (phonesviews.PhoneLink, bool) {
	step := phonesviews.PhoneLink{OS: link.OS, Step: string(link.Step), Code: link.Code}
	for _, snap := range l.seen {
		if l.s.isLinking(snap, number, link) {
			l.s.saw(snap.ID, number)
			step.DeviceID, step.Device = snap.ID, snap.Name
			return step, true
		}
	}
	return step, l.v.Scope.All
}

// isLinking reports whether it is this device that a phone is linking.
func (s *Pages) isLinking(snap session.Snapshot, number string, link sandbox.Linking) bool {
	switch {
	case snap.Passkey == nil:
		return link.Step == sandbox.StepPairing && snap.State == session.StatePairing && s.last(snap.ID) == number
	case link.Step == sandbox.StepPasskey:
		return len(snap.Passkey.Request) > 0 && s.service.AsksForPasskey(number, snap.Passkey.Request)
	}
	return link.Code != "" && link.Code == snap.Passkey.Code
}

// device is what happens to a device, as it stands beside its phone.
func (l *phoneLook) device(ctx context.Context, snap session.Snapshot) (phonesviews.PhoneDevice, error) {
	rows, err := l.s.devices.Events(ctx, snap.ID, phoneTimeline)
	if err != nil {
		return phonesviews.PhoneDevice{}, err
	}
	z, canPlay := l.v.Zone, l.v.May(web.Operator)
	device := phonesviews.PhoneDevice{Device: pages.Device(snap, z, canPlay)}
	if !canPlay {
		device.Code, device.Passkey = nil, nil
	}
	for _, r := range rows {
		device.Timeline = append(device.Timeline, views.Event{At: z.At(r.At), From: r.From, To: r.To, Reason: r.Reason, Detail: r.Detail})
	}
	return device, nil
}
