package device

import "wadah/views"

// listFormID is the form that the boxes, the bar and the rows' buttons belong to.
const listFormID = "list-form"

// BulkAction is something that can be done to many devices at once.
type BulkAction string

// The actions.
const (
	BulkStart   BulkAction = "start"
	BulkStop    BulkAction = "stop"
	BulkRestart BulkAction = "restart"
)

// BulkOutcome is what came of an action on many devices. Asked is Done, Gone and the
// failed ones together.
type BulkOutcome struct {
	Action BulkAction
	Asked  int
	Done   int
	Gone   int // no longer there for the viewer
	Failed []BulkFailure
}

// BulkFailure is a device that did not take an action.
type BulkFailure struct {
	ID, Name string
	Why      string // finished sentence
}

func (o BulkOutcome) tone() views.Tone {
	switch {
	case o.Done == o.Asked:
		return views.ToneOK
	case o.Done > 0:
		return views.ToneAct
	}
	return views.ToneDanger
}

func (o BulkOutcome) sentence(l views.Lang) string {
	switch o.Action {
	case BulkStart:
		return l.T("bulk.done.start", "Done", o.Done, "Asked", o.Asked)
	case BulkStop:
		return l.T("bulk.done.stop", "Done", o.Done, "Asked", o.Asked)
	case BulkRestart:
		return l.T("bulk.done.restart", "Done", o.Done, "Asked", o.Asked)
	}
	return ""
}
