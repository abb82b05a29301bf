//go:build unix && !race

package trial_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"wadah/models"
	"wadah/models/modelstest"
	"wadah/session"
	"wadah/session/sandbox"
)

// What a storage that fails does to a device, at every moment of its life. The faults:
//
//	full      no file can grow any more
//	locked    another program holds the database
//	readonly  the database refuses to be written
//	deleted   its file is moved away
//	replaced  and another one lies in its place
//	error     it works, until the last thing that the moment stores
//
// The moments:
//
//	never_started  somebody starts the device for the first time
//	scanning       a phone scans the code that it shows
//	pairing        the phone has said yes; the first login follows
//	connected      it is connected, and somebody renames it
//	stopping       somebody stops it
//	logging_out    somebody logs it out
//	deleting       somebody deletes it
//	reconnecting   its connection is lost
//
// A cell says what the device is while the storage fails, and what it is when the storage
// works again, and after a restart of the program: CONNECTED (ready), SERVICE_SCAN (qr),
// SERVICE_OFF with another reason, or gone. While the storage fails, the command of the
// moment is refused, or, where the device is off all the same, says that this is not
// stored; connected, a device stays so until something cannot be stored.
const storageMatrix = `
fault     never_started    scanning       pairing        connected      stopping         logging_out            deleting         reconnecting
full      never_started/qr storage/ready  storage/ready  ready/ready    stopped/stopped  ready/ready            ready/ready      storage|ready/ready
locked    never_started/qr storage/ready  storage/ready  ready/ready    stopped/stopped  ready/ready            ready/ready      storage|ready/ready
readonly  never_started/qr storage/ready  storage/ready  ready/ready    stopped/stopped  ready/ready            ready/ready      storage|ready/ready
deleted   never_started/qr storage/ready  storage/ready  storage/ready  stopped/stopped  storage/ready          storage/ready    storage/ready
replaced  never_started/qr storage/ready  storage/ready  storage/ready  stopped/stopped  storage/ready          storage/ready    storage/ready
error     never_started/qr storage/ready  storage/ready  ready/ready    stopped/stopped  logged_out/logged_out  logged_out/gone  ready/ready
`

// lastStored is what "error" lets fail at a moment.
var lastStored = map[string]string{
	"never_started": "UPDATE ON devices WHEN (NEW.desired)",
	"scanning":      "INSERT ON whatsmeow_device",
	"pairing":       "INSERT ON whatsmeow_pre_keys",
	"connected":     "UPDATE ON devices WHEN (NEW.name <> OLD.name)",
	"stopping":      "UPDATE ON devices WHEN (NEW.off_reason = 'stopped')",
	"logging_out":   "UPDATE ON devices WHEN (NEW.off_reason = 'logged_out')",
	"deleting":      "DELETE ON devices",
	"reconnecting":  "UPDATE ON devices",
}

func TestLifeAndStorage(t *testing.T) {
	t.Parallel()
	cells := map[string]func(*testing.T){}
	for _, c := range readStorageMatrix(t, storageMatrix) {
		if c.fault != "full" {
			cells[c.fault+"/"+c.moment] = c.run
		}
	}
	playAll(t, cells)
}

// The full disk is the whole process's: nothing runs beside it.
func TestLifeAndFullDisk(t *testing.T) {
	for _, c := range readStorageMatrix(t, storageMatrix) {
		if c.fault == "full" {
			t.Run(c.moment, c.run)
		}
	}
}

// storageCell is one fault of the storage at one moment.
type storageCell struct {
	fault, moment string
	during        []string
	after         string
}

func readStorageMatrix(t *testing.T, matrix string) (cells []storageCell) {
	t.Helper()
	var moments []string
	for line := range strings.Lines(matrix) {
		words := strings.Fields(line)
		switch {
		case len(words) == 0:
			continue
		case words[0] == "fault":
			moments = words[1:]
			continue
		case len(words) != len(moments)+1:
			t.Fatalf("%s has %d cells, want %d", words[0], len(words)-1, len(moments))
		}
		for i, cell := range words[1:] {
			during, after, ok := strings.Cut(cell, "/")
			if !ok {
				t.Fatalf("%s: what is a cell like %q?", words[0], cell)
			}
			cells = append(cells, storageCell{words[0], moments[i], strings.Split(during, "|"), after})
		}
	}
	return cells
}

// broken is a cell being played.
type broken struct {
	*world
	storageCell
	strikes func(*world) (mend func()) // not asked for the fault "error"
	id      string
	mend    func()
}

func (c storageCell) run(t *testing.T) {
	fault := storageFaults[c.fault]
	if c.fault == "full" {
		fault = func(*world) func() { return fillDisk(t) }
	}
	c.play(newWorld(t), fault)
}

func (c storageCell) play(w *world, fault func(*world) (mend func())) {
	b := &broken{world: w, storageCell: c, strikes: fault}
	lifeMoments[c.moment](b)
	b.isDuring()
	b.mend()
	b.goesOn()
	b.isAfter("the storage works")
	b.reopen()
	b.isAfter("the program was restarted")
}

func (b *broken) strike() {
	b.t.Helper()
	if b.fault == "error" {
		b.mend = modelstest.Refuse(b.t, b.store, lastStored[b.moment])
	} else {
		b.mend = b.strikes(b.world)
	}
}

// refused insists that a command says what is wrong.
func (b *broken) refused(err error, want error) {
	b.t.Helper()
	if !errors.Is(err, want) {
		b.t.Errorf("the command: %v, want %v", err, want)
	}
}

// lifeMoments bring a device to a moment, let the storage fail there, and do what the
// moment is about.
var lifeMoments = map[string]func(*broken){
	"never_started": func(b *broken) {
		b.id = b.add("Toko")
		b.strike()
		_, err := b.StartDevice(context.Background(), b.id)
		b.refused(err, session.ErrStorage)
	},
	"scanning": func(b *broken) {
		b.id = b.add("Toko")
		b.start(b.id)
		s := b.await(b.id, "SERVICE_SCAN/qr")
		b.strike()
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		_, _ = b.svc.Scan(ctx, phone, s.QR.Text) // whether the phone is told in time is a matter of luck
	},
	"pairing": func(b *broken) {
		b.id = b.add("Toko")
		struck := once[session.SignalLinked](b.gate, b.strike)
		b.start(b.id)
		b.scan(b.id, phone)
		<-struck
		b.gate.atSignal(nil)
	},
	"connected": func(b *broken) {
		b.id = b.linked("Toko", phone)
		b.strike()
		_, err := b.RenameDevice(context.Background(), b.id, "Warung")
		b.refused(err, models.ErrStorage)
	},
	"stopping": func(b *broken) {
		b.id = b.linked("Toko", phone)
		b.strike()
		began := time.Now()
		_, err := b.StopDevice(context.Background(), b.id)
		b.refused(err, session.ErrUnsaved)
		if took := time.Since(began); took > 6*time.Second {
			b.t.Errorf("the stop took %v", took)
		}
		if _, said := b.when(patience, b.id, func(s session.Snapshot) bool { return s.Unsaved }); !said {
			b.t.Error("the device does not say that this is not stored")
		}
	},
	"logging_out": func(b *broken) {
		b.id = b.linked("Toko", phone)
		b.strike()
		if _, err := b.LogoutDevice(context.Background(), b.id); b.fault == "error" {
			must(b.t, err) // WhatsApp has done it
		} else {
			b.refused(err, session.ErrStorage)
		}
	},
	"deleting": func(b *broken) {
		b.id = b.linked("Toko", phone)
		b.strike()
		_, err := b.DeleteDevice(context.Background(), b.id)
		if !errors.Is(err, session.ErrStorage) && !errors.Is(err, models.ErrStorage) {
			b.t.Errorf("the delete: %v", err)
		}
	},
	"reconnecting": func(b *broken) {
		b.id = b.linked("Toko", phone)
		b.strike()
		must(b.t, b.svc.Inject("", sandbox.Fault{Kind: sandbox.FaultDrop}))
		b.await(b.id, "PAIRING/reconnecting", "SERVICE_OFF/storage")
	},
}

// isDuring insists on the first half of the cell.
func (b *broken) isDuring() {
	b.t.Helper()
	states := make([]string, len(b.during))
	for i, reason := range b.during {
		states[i] = stateOf(reason)
	}
	s := b.await(b.id, states...)
	eventually(b.t, patience, func() error {
		if s, open := b.snap(b.id), len(b.gate.open()); s.State == session.StateOff && open > 0 || s.State == session.StateConnected && open != 1 {
			return fmt.Errorf("%s with %d connections", name(s), open)
		}
		return nil
	})
	if s.Reason == session.ReasonStorage && (!s.Retrying || !s.Desired) {
		b.t.Errorf("off for storage: retrying %v, desired %v", s.Retrying, s.Desired)
	}
}

// goesOn does what a person does when the storage works again.
func (b *broken) goesOn() {
	b.t.Helper()
	switch {
	case b.moment == "never_started":
		b.start(b.id)
	case b.moment == "scanning":
		b.await(b.id, "SERVICE_SCAN/qr")
		b.scan(b.id, phone)
	case b.after == "gone":
		_, err := b.DeleteDevice(context.Background(), b.id)
		must(b.t, err)
	}
}

// isAfter insists on the second half of the cell: what is seen, what is stored, what the
// library holds and what the phone lists agree.
func (b *broken) isAfter(when string) {
	b.t.Helper()
	if b.after == "gone" {
		if _, err := b.Snapshot(b.id); !errors.Is(err, session.ErrNoDevice) {
			b.t.Errorf("when %s: %v, want no such device", when, err)
		}
		return
	}
	b.await(b.id, stateOf(b.after))
	eventually(b.t, patience, func() error {
		s := b.snap(b.id)
		row, err := b.store.Device(context.Background(), b.id)
		if err != nil {
			return err
		}
		links, err := b.drv.Links(context.Background())
		if err != nil {
			return err
		}
		var want []string
		if s.Linked() {
			want = []string{s.Account.JID}
		}
		switch {
		case name(s) != stateOf(b.after):
			return fmt.Errorf("when %s the device is %s", when, name(s))
		case s.Unsaved || row.Desired != s.Desired || row.JID != s.Account.JID || s.State == session.StateOff && row.OffReason != string(s.Reason):
			return fmt.Errorf("when %s the device is %s, unsaved %v, desired %v, linked %v; its row %+v", when, name(s), s.Unsaved, s.Desired, s.Linked(), row.Life())
		case !slices.Equal(links, want):
			return fmt.Errorf("when %s there are %d credentials, want %d", when, len(links), len(want))
		case !slices.Equal(b.companions(phone), want):
			return fmt.Errorf("when %s the phone lists %d devices, want %d", when, len(b.companions(phone)), len(want))
		}
		return nil
	})
}

// stateOf is the whole name of what a cell says.
func stateOf(reason string) string {
	switch reason {
	case "ready":
		return "CONNECTED/ready"
	case "qr":
		return "SERVICE_SCAN/qr"
	}
	return "SERVICE_OFF/" + reason
}
