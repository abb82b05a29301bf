package handlers_test

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"wadah/models"
)

// BenchmarkConversations measures the first page of a device's conversations and that of
// one of them, as a browser asks for it: 100,000 messages in a thousand chats, and 5,000 of
// them in the one that is opened. Each should be rendered in less than 50 ms.
func BenchmarkConversations(b *testing.B) {
	const chats, inOne, all = 1000, 5000, 100_000
	e := newEnv(b, benchLimits)
	id, _ := e.linked()
	e.arrive(id, other+"@s.whatsapp.net", "Apakah pesanan saya sudah dikirim?")
	first, err := e.store.Messages(b.Context(), models.MessageFilter{DeviceID: id, Limit: 1})
	if err != nil || len(first) != 1 {
		b.Fatalf("%d messages (%v)", len(first), err)
	}
	owner, err := e.store.LatestAccount(b.Context(), id)
	if err != nil {
		b.Fatal(err)
	}
	begin := time.Now().Add(-7 * 24 * time.Hour)
	arrivals := make([]models.Arrival, 0, 500)
	for n := range all {
		who := models.Person{PN: other + "@s.whatsapp.net"}
		if n >= inOne {
			who.PN = fmt.Sprintf("62811555%04d@s.whatsapp.net", n%chats)
		}
		arrivals = append(arrivals, models.Arrival{
			DeviceID: id, Account: owner, At: begin.Add(time.Duration(n) * 6 * time.Second), Chat: &models.ChatRef{Kind: first[0].Chat.Kind, Person: who}, Sender: who,
			Message: &models.NewMessage{WAID: fmt.Sprint("B", n), Kind: first[0].Kind, Body: first[0].Body},
		})
		if len(arrivals) == cap(arrivals) {
			if _, err := e.store.Accept(b.Context(), arrivals); err != nil {
				b.Fatal(err)
			}
			arrivals = arrivals[:0]
		}
	}
	client := e.admin()
	list := "/devices/" + id + "/messages"
	for name, path := range map[string]string{"list": list, "one": list + "/" + first[0].Chat.ID} {
		b.Run(name, func(b *testing.B) {
			size := 0
			for b.Loop() {
				got := client.get(path)
				if got.StatusCode != http.StatusOK {
					b.Fatal(got.StatusCode)
				}
				size = len(got.body)
			}
			b.ReportMetric(float64(size), "bytes/page")
		})
	}
}
