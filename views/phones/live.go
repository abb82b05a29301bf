package phones

import (
	"context"

	"wadah/views"
)

// PhonesPartial replaces the phones of the simulated WhatsApp.
func PhonesPartial(ctx context.Context, page PhonesPage) ([]byte, error) {
	return views.Partial(ctx, "#phones-live", "outerMorph", PhonesLive(page))
}

// PhonePartial replaces one phone and what stands beside it.
func PhonePartial(ctx context.Context, page PhonesPage, phone Phone) ([]byte, error) {
	return views.Partial(ctx, "#phone-"+slug(phone.Number), "outerMorph", PhoneCard(page, phone))
}

// OutagePartial replaces what is about all phones.
func OutagePartial(ctx context.Context, page PhonesPage) ([]byte, error) {
	return views.Partial(ctx, "#outage", "outerMorph", PhonesOutage(page))
}

// PhoneSaidPartial tells in a phone what came of the last click on it; without a number,
// above all phones.
func PhoneSaidPartial(ctx context.Context, number string, f *views.Flash) ([]byte, error) {
	target := "#outage-said"
	if number != "" {
		target = "#" + Phone{Number: number}.id("said")
	}
	return views.Partial(ctx, target, "innerHTML", PhoneSaying(*f))
}
