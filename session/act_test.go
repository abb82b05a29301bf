package session_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"wadah/session/message"
)

// A device asks about each number once, and about few; what WhatsApp refused is not kept.
func TestCheckNumbers(t *testing.T) {
	inBubble(t, func(t *testing.T, w *fleet) {
		id := w.linked("Toko", alice)
		asked, refuse := 0, true
		w.driver.SetOnCheck(func(numbers []string) (list []message.NumberCheck, err error) {
			if refuse {
				return nil, &message.RefusedError{Why: message.RefusedTooMany, Code: 429}
			}
			asked += len(numbers)
			for _, n := range numbers {
				list = append(list, message.NumberCheck{Number: n, Exists: true})
			}
			return list, nil
		})
		one := []string{"6281", "6282", "6281"}
		var refused *message.RefusedError
		if _, err := w.CheckNumbers(t.Context(), id, one); !errors.As(err, &refused) || refused.Code != 429 {
			t.Fatalf("WhatsApp's refusal: %v", err)
		}
		refuse = false
		for range 3 {
			list, err := w.CheckNumbers(t.Context(), id, one)
			if err != nil || len(list) != 3 || list[1].Number != "6282" || !list[2].Exists {
				t.Fatalf("answer: %+v %v", list, err)
			}
		}
		if asked != 2 {
			t.Errorf("asked WhatsApp about %d numbers, want each of 2 once", asked)
		}
		var many []string
		for i := range message.MaxCheck {
			many = append(many, fmt.Sprint("6290", i))
		}
		var paced *message.PacedError
		if _, err := w.CheckNumbers(t.Context(), id, many); !errors.As(err, &paced) {
			t.Fatalf("over the limit: %v", err)
		}
		w.pass(time.Until(paced.Until))
		if _, err := w.CheckNumbers(t.Context(), id, many); err != nil {
			t.Errorf("when the wait is over: %v", err)
		}
		var invalid *message.Invalid
		if _, err := w.CheckNumbers(t.Context(), id, append(many, "6281")); !errors.As(err, &invalid) {
			t.Errorf("too many numbers: %v", err)
		}
		if _, err := w.StopDevice(t.Context(), id); err != nil {
			t.Fatal(err)
		}
		w.settle()
		if _, err := w.CheckNumbers(t.Context(), id, one); !errors.Is(err, message.ErrOffline) {
			t.Errorf("while off: %v", err)
		}
	})
}
