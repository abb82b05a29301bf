package api

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"strings"

	"wadah/handlers/web"
	"wadah/models"
	"wadah/session/eventlog"
)

// tail is how far a stream has told the log of its device.
type tail struct {
	log  *eventlog.Log
	id   string          // of the device
	may  models.Rights   // of the reader
	seq  int64           // of the last event that was told
	next <-chan struct{} // closed when there may be more
}

var errBadEventID = &web.Failure{
	Status: http.StatusBadRequest, Code: "bad_event_id",
	Message: "Last-Event-ID must be the id of the last event that was read.",
}

// tail begins behind the event that a client names, or with what comes from now on.
func (s *Calls) tail(r *http.Request, call deviceCall) (*tail, error) {
	t := &tail{log: s.devices.EventLog(), id: call.snap.ID, may: call.rights}
	last := r.Header.Get("Last-Event-ID")
	if last == "" {
		var err error
		t.next = t.log.Next(t.id)
		t.seq, err = t.log.Last(r.Context(), t.id)
		return t, err
	}
	seq, err := strconv.ParseInt(strings.TrimSpace(last), 10, 64)
	if err != nil || seq < 0 {
		return nil, errBadEventID
	}
	behind := make(chan struct{})
	close(behind)
	t.seq, t.next = seq, behind
	return t, nil
}

func (t *tail) news() <-chan struct{} { return t.next }

// tell sends what was logged since. What is not kept any more is passed over with "reset".
func (t *tail) tell(ctx context.Context, send func([]byte)) error {
	for ctx.Err() == nil {
		t.next = t.log.Next(t.id) // before reading, so that nothing is missed
		events, err := t.log.After(ctx, t.id, t.seq, eventlog.DefaultLimit, 0)
		var gone *eventlog.GoneError
		if errors.As(err, &gone) {
			t.seq = gone.First - 1
			send(web.AppendAny([]byte("event: reset\ndata: "), map[string]int64{"first": gone.First}))
			send([]byte("\n\n"))
			continue
		}
		if err != nil || len(events) == 0 {
			return err
		}
		var frames []byte
		for _, e := range events {
			if e.Type == models.EventState || !mayHear(t.may, e) {
				continue // the stream tells states as they are now
			}
			frames = append(frames, "id: "+strconv.FormatInt(e.Seq, 10)+"\nevent: "+e.Type+"\ndata: "...)
			frames = append(web.AppendAny(frames, e), "\n\n"...)
		}
		send(frames)
		t.seq = events[len(events)-1].Seq
	}
	return nil
}

// mayHear reports whether a key with these rights is told an event.
func mayHear(may models.Rights, e eventlog.Event) bool {
	return may.May(models.Scope(eventlog.Scope(e.Type)))
}
