package convert_test

import (
	"strings"
	"testing"

	"go.mau.fi/whatsmeow/proto/waAICommonDeprecated"
	"go.mau.fi/whatsmeow/proto/waE2E"
	"google.golang.org/protobuf/proto"

	"wadah/session/message"
)

func nativeFlow(name, params string) *waE2E.InteractiveMessage_NativeFlowMessage_NativeFlowButton {
	return &waE2E.InteractiveMessage_NativeFlowMessage_NativeFlowButton{Name: proto.String(name), ButtonParamsJSON: proto.String(params)}
}

func template() *waE2E.TemplateMessage {
	return &waE2E.TemplateMessage{HydratedTemplate: &waE2E.TemplateMessage_HydratedFourRowTemplate{
		Title:               &waE2E.TemplateMessage_HydratedFourRowTemplate_HydratedTitleText{HydratedTitleText: "Pesanan"},
		HydratedContentText: proto.String("Pesanan Anda dikirim"), HydratedFooterText: proto.String("Toko Budi"),
		HydratedButtons: []*waE2E.HydratedTemplateButton{
			{HydratedButton: &waE2E.HydratedTemplateButton_QuickReplyButton{QuickReplyButton: &waE2E.HydratedTemplateButton_HydratedQuickReplyButton{
				DisplayText: proto.String("Terima kasih"), ID: proto.String("thanks"),
			}}},
			{HydratedButton: &waE2E.HydratedTemplateButton_UrlButton{UrlButton: &waE2E.HydratedTemplateButton_HydratedURLButton{
				DisplayText: proto.String("Lacak"), URL: proto.String("https://example.com/lacak"),
			}}},
			{HydratedButton: &waE2E.HydratedTemplateButton_CallButton{CallButton: &waE2E.HydratedTemplateButton_HydratedCallButton{
				DisplayText: proto.String("Telepon"), PhoneNumber: proto.String("+62811000101"),
			}}},
			nil,
		},
	}}
}

// What companies send, and what is answered by pressing.
func TestBusiness(t *testing.T) {
	goldenContents(t, map[string]*waE2E.Message{
		"template":            {TemplateMessage: template()},
		"template-structured": {HighlyStructuredMessage: &waE2E.HighlyStructuredMessage{HydratedHsm: template()}},
		"template-unfilled": {TemplateMessage: &waE2E.TemplateMessage{Format: &waE2E.TemplateMessage_FourRowTemplate_{
			FourRowTemplate: &waE2E.TemplateMessage_FourRowTemplate{Content: &waE2E.HighlyStructuredMessage{Params: []string{"Budi", "Rp 5.000"}}},
		}}},
		"buttons": {ButtonsMessage: &waE2E.ButtonsMessage{
			Header:      &waE2E.ButtonsMessage_ImageMessage{ImageMessage: &waE2E.ImageMessage{Mimetype: proto.String("image/jpeg")}},
			ContentText: proto.String("Pilih"), FooterText: proto.String("Toko Budi"),
			Buttons: []*waE2E.ButtonsMessage_Button{
				{ButtonID: proto.String("1"), ButtonText: &waE2E.ButtonsMessage_Button_ButtonText{DisplayText: proto.String("Ya")}}, nil,
			},
		}},
		"list": {ListMessage: &waE2E.ListMessage{
			Title: proto.String("Menu"), Description: proto.String("Hari ini"), ButtonText: proto.String("Lihat"),
			Sections: []*waE2E.ListMessage_Section{nil, {Rows: []*waE2E.ListMessage_Row{
				{RowID: proto.String("r1"), Title: proto.String("Nasi"), Description: proto.String("dengan telur")},
			}}},
		}},
		"interactive": {InteractiveMessage: &waE2E.InteractiveMessage{
			Header: &waE2E.InteractiveMessage_Header{Title: proto.String("Bayar"), Subtitle: proto.String("Faktur 5")},
			Body:   &waE2E.InteractiveMessage_Body{Text: proto.String("Rp 15.000")},
			Footer: &waE2E.InteractiveMessage_Footer{Text: proto.String("Toko Budi")},
			InteractiveMessage: &waE2E.InteractiveMessage_NativeFlowMessage_{NativeFlowMessage: &waE2E.InteractiveMessage_NativeFlowMessage{
				Buttons: []*waE2E.InteractiveMessage_NativeFlowMessage_NativeFlowButton{
					nativeFlow("quick_reply", `{"display_text":"Lunas","id":"paid"}`),
					nativeFlow("cta_url", `{"display_text":"Bayar","url":"https://example.com/bayar"}`),
					nativeFlow("cta_call", `{"display_text":"Telepon","phone_number":"+62811000101"}`),
					nativeFlow("cta_copy", `{"display_text":"Salin kode","copy_code":"1234"}`),
					nativeFlow("single_select", `{"title":"Pilih","sections":[]}`),
					nativeFlow("broken", `{"display_text":`),
				},
			}},
		}},
		"interactive-carousel": {InteractiveMessage: &waE2E.InteractiveMessage{
			Body: &waE2E.InteractiveMessage_Body{Text: proto.String("Produk kami")},
			InteractiveMessage: &waE2E.InteractiveMessage_CarouselMessage_{CarouselMessage: &waE2E.InteractiveMessage_CarouselMessage{
				Cards: []*waE2E.InteractiveMessage{nil, {Body: &waE2E.InteractiveMessage_Body{Text: proto.String("Nasi")}}},
			}},
		}},
		"pressed-button": {ButtonsResponseMessage: &waE2E.ButtonsResponseMessage{
			Response:         &waE2E.ButtonsResponseMessage_SelectedDisplayText{SelectedDisplayText: "Ya"},
			SelectedButtonID: proto.String("1"), ContextInfo: &waE2E.ContextInfo{StanzaID: proto.String("3EB0B1"), Participant: proto.String("900@lid")},
		}},
		"pressed-template": {TemplateButtonReplyMessage: &waE2E.TemplateButtonReplyMessage{
			SelectedID: proto.String("thanks"), SelectedDisplayText: proto.String("Terima kasih"),
		}},
		"pressed-row": {ListResponseMessage: &waE2E.ListResponseMessage{
			Title: proto.String("Nasi"), Description: proto.String("dengan telur"),
			SingleSelectReply: &waE2E.ListResponseMessage_SingleSelectReply{SelectedRowID: proto.String("r1")},
		}},
		"pressed-flow": {InteractiveResponseMessage: &waE2E.InteractiveResponseMessage{
			Body: &waE2E.InteractiveResponseMessage_Body{Text: proto.String("Lunas")},
			InteractiveResponseMessage: &waE2E.InteractiveResponseMessage_NativeFlowResponseMessage_{
				NativeFlowResponseMessage: &waE2E.InteractiveResponseMessage_NativeFlowResponseMessage{
					Name: proto.String("quick_reply"), ParamsJSON: proto.String(`{"id":"paid"}`),
				},
			},
		}},
	})
}

// Kinds that have no shape of their own say what can be said.
func TestUnknown(t *testing.T) {
	later := &waE2E.Message{}
	later.ProtoReflect().SetUnknown([]byte{0xf8, 0x3f, 1})
	goldenContents(t, map[string]*waE2E.Message{
		"unknown-new": later,
		"unknown-order": {OrderMessage: &waE2E.OrderMessage{
			OrderTitle: proto.String("Pesanan 12"), Message: proto.String("tolong dikirim"), TotalAmount1000: proto.Int64(15_000_500),
			TotalCurrencyCode: proto.String("IDR"), Thumbnail: []byte("a picture"), ItemCount: proto.Int32(2),
		}},
		"unknown-product": {ProductMessage: &waE2E.ProductMessage{
			Product: &waE2E.ProductMessage_ProductSnapshot{
				Title: proto.String("Kemeja"), Description: proto.String("katun"), CurrencyCode: proto.String("IDR"), PriceAmount1000: proto.Int64(150_000_000),
			},
		}},
		"unknown-invoice": {InvoiceMessage: &waE2E.InvoiceMessage{Note: proto.String("faktur 5"), AttachmentJPEGThumbnail: []byte("a picture")}},
		"unknown-payment": {RequestPaymentMessage: &waE2E.RequestPaymentMessage{
			NoteMessage: conversation("untuk makan"), Amount1000: proto.Uint64(50_000_000), CurrencyCodeIso4217: proto.String("IDR"),
		}},
		"unknown-payment-sent":     {SendPaymentMessage: &waE2E.SendPaymentMessage{NoteMessage: conversation("lunas")}},
		"unknown-payment-declined": {DeclinePaymentRequestMessage: &waE2E.DeclinePaymentRequestMessage{Key: key("3EB0B1", false, "")}},
		"unknown-event": {EventMessage: &waE2E.EventMessage{
			Name: proto.String("Rapat RT"), Description: proto.String("di balai"), StartTime: proto.Int64(1_790_000_000),
			JoinLink: proto.String("https://example.com/rapat"),
			Location: &waE2E.LocationMessage{DegreesLatitude: proto.Float64(-6), DegreesLongitude: proto.Float64(106), Name: proto.String("Balai")},
		}},
		"unknown-event-answer": {EncEventResponseMessage: &waE2E.EncEventResponseMessage{EventCreationMessageKey: key("3EB0B1", true, "")}},
		"unknown-group-invite": {GroupInviteMessage: &waE2E.GroupInviteMessage{
			GroupName: proto.String("Arisan"), Caption: proto.String("gabung ya"), InviteCode: proto.String("abc"), JPEGThumbnail: []byte("a picture"),
		}},
		"unknown-scheduled-call": {ScheduledCallCreationMessage: &waE2E.ScheduledCallCreationMessage{Title: proto.String("Rapat")}},
		"assistant": {RichResponseMessage: &waE2E.AIRichResponseMessage{
			Submessages: []*waAICommonDeprecated.AIRichResponseSubMessage{{MessageText: proto.String("Halo!")}, nil},
		}},
	})
}

// What may be pressed is bounded, too, and the JSON inside the protobuf is a stranger's.
func TestHostileButtons(t *testing.T) {
	flow := &waE2E.InteractiveMessage_NativeFlowMessage{}
	for range 1000 {
		flow.Buttons = append(flow.Buttons, nativeFlow("x", `{"display_text":"`+strings.Repeat("a", 5000)+`","url":"javascript:alert(1)\u0000"}`))
	}
	content := received(t, converter(), fromBudi(&waE2E.Message{InteractiveMessage: &waE2E.InteractiveMessage{
		InteractiveMessage: &waE2E.InteractiveMessage_NativeFlowMessage_{NativeFlowMessage: flow},
	}})).Content
	if len(content.Choices) != message.MaxOptions || !content.Cut {
		t.Errorf("%d buttons are kept, cut: %v", len(content.Choices), content.Cut)
	}
	for _, scheme := range []string{"javascript:alert(1)", "JavaScript:x", "data:text/html,x", "file:///etc/passwd", "//host", "https://a\nb"} {
		one := received(t, converter(), fromBudi(&waE2E.Message{TemplateMessage: &waE2E.TemplateMessage{
			HydratedTemplate: &waE2E.TemplateMessage_HydratedFourRowTemplate{HydratedButtons: []*waE2E.HydratedTemplateButton{
				{HydratedButton: &waE2E.HydratedTemplateButton_UrlButton{UrlButton: &waE2E.HydratedTemplateButton_HydratedURLButton{
					DisplayText: proto.String("x"), URL: proto.String(scheme),
				}}},
			}},
		}})).Content
		if one.Choices[0].URL != "" {
			t.Errorf("a button opens %q", one.Choices[0].URL)
		}
	}
	for _, c := range content.Choices {
		if len(c.Text) > message.MaxLabel || c.URL != "" {
			t.Fatalf("a button is kept as %+v", c)
		}
	}
}
