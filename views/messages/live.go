package messages

import (
	"context"

	"github.com/a-h/templ"

	"wadah/views"
)

// ListPartial replaces the conversations: for the answer to a search, and for a page that
// has missed too much.
func ListPartial(ctx context.Context, lang views.Lang, l List) ([]byte, error) {
	return views.Partial(ctx, "#chats", "outerMorph", ChatList(lang, l))
}

// RowsPartial replaces the rows of the list, unless it shows what somebody has searched for.
func RowsPartial(ctx context.Context, lang views.Lang, l List) ([]byte, error) {
	return views.Partial(ctx, "#chat-rows", "innerMorph", ChatRows(lang, l))
}

// RowsFragment is the next rows of the list, and what leads to those after them.
func RowsFragment(lang views.Lang, l List) templ.Component { return ChatRows(lang, l) }

// RowPartials bring a conversation up to date. Unless it stands first already it goes
// there, from wherever it stood.
func RowPartials(ctx context.Context, lang views.Lang, base string, r Row, open, first bool) ([]byte, error) {
	row := ChatRow(lang, "chat-"+r.ID, base, r, open)
	if first {
		return views.Partial(ctx, "#chat-"+r.ID, "outerMorph", row)
	}
	gone, err := views.Partial(ctx, "#chat-"+r.ID, "delete", templ.NopComponent)
	if err != nil {
		return nil, err
	}
	come, err := views.Partial(ctx, "#chat-rows", "afterbegin", row)
	return append(gone, come...), err
}

// BubblesPartial replaces what is shown of a conversation.
func BubblesPartial(ctx context.Context, lang views.Lang, c Conversation) ([]byte, error) {
	return views.Partial(ctx, "#bubbles", "innerMorph", Bubbles(lang, c))
}

// OlderFragment is older messages, in the place of what led to them.
func OlderFragment(lang views.Lang, c Conversation) templ.Component { return Bubbles(lang, c) }

// NewPartial puts a message below the others.
func NewPartial(ctx context.Context, lang views.Lang, b Bubble) ([]byte, error) {
	return views.Partial(ctx, "#bubbles", "beforeend", BubbleItem(lang, b))
}

// BubblePartial brings one message up to date.
func BubblePartial(ctx context.Context, lang views.Lang, b Bubble) ([]byte, error) {
	return views.Partial(ctx, "#"+b.id(), "outerMorph", BubbleItem(lang, b))
}

// ComposerPartial replaces where one writes.
func ComposerPartial(ctx context.Context, lang views.Lang, c Composer) ([]byte, error) {
	return views.Partial(ctx, "#composer", "outerHTML", ComposerForm(lang, c))
}

// StatePartial says whether what is written now is sent at once.
func StatePartial(ctx context.Context, lang views.Lang, offline bool) ([]byte, error) {
	return views.Partial(ctx, "#composer-state", "outerMorph", ComposerState(lang, offline))
}

// SeenPartial replaces the button that tells that messages were read.
func SeenPartial(ctx context.Context, lang views.Lang, c Conversation) ([]byte, error) {
	return views.Partial(ctx, "#chat-seen", "outerMorph", Seen(lang, c))
}

// NewsPartial tells screen readers that something came, and from whom.
func NewsPartial(ctx context.Context, lang views.Lang, name string) ([]byte, error) {
	text := ""
	if name != "" {
		text = lang.T("messages.news", "Name", name)
	}
	return views.Partial(ctx, "#chat-news", "innerHTML", templ.Raw(templ.EscapeString(text)))
}
