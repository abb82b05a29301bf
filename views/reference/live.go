package reference

import (
	"bytes"
	"context"

	"wadah/views"
)

// TryPartials show what became of a call that was tried, below its form on the page of
// the reference: a sentence for everybody, and the whole answer. An old message above
// the page goes.
func TryPartials(ctx context.Context, lang views.Lang, answer TryAnswer) ([]byte, error) {
	said, err := views.Partial(ctx, "#try-said-"+answer.Call, "innerHTML", TrySaid(lang, &answer))
	if err != nil {
		return nil, err
	}
	out, err := views.Partial(ctx, "#try-out-"+answer.Call, "innerHTML", TryOut(lang, &answer))
	if err != nil {
		return nil, err
	}
	notice, err := views.NoticePartial(ctx, lang, nil)
	return bytes.Join([][]byte{said, out, notice}, nil), err
}
