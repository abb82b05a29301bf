package handlers_test

import (
	"bytes"
	"context"
	"testing"

	"wadah/session/message"
)

// TestRepeatedCallGetsTheFirstAnswer repeats a call while the first is still making its answer:
// the second waits for that, and gets the same.
func TestRepeatedCallGetsTheFirstAnswer(t *testing.T) {
	e := newEnv(t)
	id, _ := e.linked()
	making, finish := make(chan struct{}), make(chan struct{})
	r := message.Request{
		DeviceID: id, Source: message.SourceAPI, Queue: true, Key: "faktur", Params: "x",
		Out: message.Outgoing{To: message.ChatAt(other + "@s.whatsapp.net"), Content: message.Content{Kind: message.KindText, Text: "sekali"}},
		Render: func(result message.Result) []byte {
			close(making)
			<-finish
			return []byte(result.Message.Status)
		},
	}
	type answered struct {
		message.Result
		error
	}
	submit := func(r message.Request) <-chan answered {
		done := make(chan answered, 1)
		go func() {
			result, err := e.manager.Outbox().Submit(context.Background(), r)
			done <- answered{result, err}
		}()
		return done
	}
	first := submit(r)
	<-making
	again := r
	again.Queue = false // it would wait, and be told that the message is sent
	again.Render = func(message.Result) []byte { return []byte("another answer") }
	second := submit(again)
	select {
	case got := <-second:
		t.Errorf("the second did not wait: %s, %v", got.Answered, got.error)
	default:
	}
	close(finish)
	one, two := <-first, <-second
	if one.error != nil || two.error != nil || !bytes.Equal(one.Answered, two.Answered) || string(one.Answered) != "queued" {
		t.Errorf("%s, %v; then %s, %v", one.Answered, one.error, two.Answered, two.error)
	}
}
