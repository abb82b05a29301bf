package gallery_test

import (
	"time"

	"github.com/a-h/templ"

	"wadah/views"
	webhookviews "wadah/views/webhooks"
)

func hooks() []webhookviews.Hook {
	return []webhookviews.Hook{
		{ID: "w1", URL: "https://toko.example/webhook.php?kunci=rahasia", Format: "wadah", State: "active", Success: noon},
		{ID: "w2", URL: "https://n8n.kantor.example/webhook/0b3c5b2e-7a0e-4a53-9d3e-6f6d3a5f6a1c", Format: "whapi", State: "active", Failures: 3, Waiting: 12, Success: noon.Add(-time.Hour), Failure: noon.Add(-time.Minute), Error: "HTTP 503"},
		{ID: "w3", URL: "http://10.0.0.5/", State: "active", Failures: 40, Waiting: 2210, Dead: 41, Failure: noon, Error: "no answer within 15 seconds"},
		{ID: "w4", URL: "https://lama.example/", State: "gone"},
		{ID: "w5", URL: "https://baru.example/", State: "paused", Waiting: 1, Until: noon.Add(24 * time.Hour), Family: true},
	}
}

// webhookPages are the pages of webhooks, by file name.
func webhookPages(lang views.Lang) map[string]templ.Component {
	place := webhookviews.Place{DeviceID: "d1", Device: "Kasir"}
	form := webhookviews.Form{URL: "https://toko.example/webhook.php", Format: "whapi", Events: "message, message_ack", Headers: "Authorization: Bearer abc", NoFiles: true}
	refused := form
	refused.Problem = lang.Invalid("address_refused")
	try := webhookviews.Try{At: noon, Took: 43 * time.Millisecond, Status: 200, Sent: "{\n  \"type\": \"message\"\n}", Answer: "ok"}
	one := func(h webhookviews.Hook) webhookviews.HookPage {
		p := webhookviews.HookPage{Page: page(lang), Place: place, Hook: h, Form: form}
		p.Page.Path = place.At(h.ID)
		for i, state := range []string{"pending", "late", "dead", "done", "skipped"} {
			p.Deliveries = append(p.Deliveries, webhookviews.Delivery{ID: state, Type: "message", State: state, Seq: int64(120 - i), Tries: i})
		}
		p.Deliveries[1].Next = noon.Add(time.Hour)
		return p
	}
	fresh := one(hooks()[0])
	fresh.Secret, fresh.Deliveries, fresh.Tested = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD", nil, &try
	down := one(hooks()[2])
	down.State, down.Older = "dead", "x"
	hidden, silent := try, webhookviews.Try{At: noon, Took: 15 * time.Second, Error: "no answer within 15 seconds", Sent: try.Sent}
	hidden.Hidden, hidden.Status = true, 500
	return map[string]templ.Component{
		"webhooks":          webhookviews.List(webhookviews.ListPage{Page: page(lang), Hooks: hooks()[:1], Devices: []webhookviews.DeviceHooks{{Place: place, Hooks: hooks()}}}),
		"webhooks-device":   webhookviews.List(webhookviews.ListPage{Page: page(lang), Place: place, Hooks: hooks(), Form: refused}),
		"webhooks-none":     webhookviews.List(webhookviews.ListPage{Page: page(lang), Place: place, Form: webhookviews.Form{Receiver: "http://127.0.0.1:8080/webhooks/receiver/in"}}),
		"webhook-new":       webhookviews.One(fresh),
		"webhook-down":      webhookviews.One(down),
		"webhook-paused":    webhookviews.One(one(hooks()[4])),
		"webhook-delivery":  webhookviews.OneDelivery(webhookviews.DeliveryPage{Page: page(lang), Place: place, Hook: hooks()[1], Delivery: aDelivery(), Tries: []webhookviews.Try{try, hidden, silent}}),
		"webhook-receiver":  webhookviews.Receiver(webhookviews.ReceiverPage{Page: page(lang), Address: "http://127.0.0.1:8080/webhooks/receiver/in", Posts: []webhookviews.Post{{At: noon, Type: "message", ID: "06h0d6kr2sob0prs6bqba3304o", Body: try.Sent}}}),
		"webhook-receiver0": webhookviews.Receiver(webhookviews.ReceiverPage{Page: page(lang), Address: "http://127.0.0.1:8080/webhooks/receiver/in"}),
	}
}

func aDelivery() webhookviews.Delivery {
	return webhookviews.Delivery{ID: "d", Type: "message", State: "late", Seq: 12, Tries: 3}
}
