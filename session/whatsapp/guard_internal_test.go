package whatsapp

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"reflect"
	"sync"
	"testing"
	"time"

	"go.mau.fi/whatsmeow/store"
	"go.mau.fi/whatsmeow/types"
	"go.mau.fi/whatsmeow/types/events"

	"wadah/session"
)

var errDisk = errors.New("the disk is gone")

// Whichever store of the library fails first, through whichever of its methods, the
// connection learns it before the library does, and nothing is stored after it.
func TestEveryStoreIsGuarded(t *testing.T) {
	jid := types.NewADJID("6281", 0, 1)
	c, _ := newDevices(t, jid)
	var told []error
	g := &guard{}
	device, err := c.load(t.Context(), jid.String(), g)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.db.RawDB.Close(); err != nil {
		t.Fatal(err)
	}
	all := reflect.TypeFor[store.AllStores]()
	for i := range all.NumMethod() {
		method := all.Method(i)
		t.Run(method.Name, func(t *testing.T) {
			told = nil
			s, _ := device.LIDs.(*stores)
			s.guard = &guard{fail: func(err error) { told = append(told, err) }}
			call := func() error {
				out := reflect.ValueOf(s).MethodByName(method.Name).Call(arguments(method))
				err, _ := out[len(out)-1].Interface().(error)
				return err
			}
			err := call()
			if err == nil || len(told) != 1 || !errors.Is(err, told[0]) {
				t.Errorf("the library gets %v, the connection was told %v; want the same, once", err, told)
			}
			if err := call(); !errors.Is(err, errBroken) || len(told) != 1 {
				t.Errorf("after the failure: %v, told %v; want it refused", err, told)
			}
		})
	}
}

// arguments calls a method with values that it does not refuse by itself.
func arguments(method reflect.Method) (in []reflect.Value) {
	for i := range method.Type.NumIn() {
		kind := method.Type.In(i)
		value := reflect.New(kind).Elem()
		hidden := method.Name == "GetPNForLID" || method.Name == "PutLIDMapping" && i == 1
		switch {
		case kind == reflect.TypeFor[context.Context]():
			value.Set(reflect.ValueOf(context.Background()))
		case kind == reflect.TypeFor[types.JID]() && hidden:
			value.Set(reflect.ValueOf(types.NewJID("1", types.HiddenUserServer)))
		case kind == reflect.TypeFor[types.JID]():
			value.Set(reflect.ValueOf(types.NewJID("1", types.DefaultUserServer)))
		case kind == reflect.TypeFor[[]types.JID]():
			value.Set(reflect.ValueOf([]types.JID{types.NewJID("1", types.DefaultUserServer)}))
		case kind == reflect.TypeFor[[]store.LIDMapping]():
			value.Set(reflect.ValueOf([]store.LIDMapping{{LID: types.NewJID("1", types.HiddenUserServer), PN: types.NewJID("1", types.DefaultUserServer)}}))
		case kind.Kind() == reflect.Slice && (!method.Type.IsVariadic() || i < method.Type.NumIn()-1):
			value.Set(reflect.MakeSlice(kind, 1, 1))
		case kind.Kind() == reflect.Map:
			value.Set(reflect.ValueOf(map[string][]byte{"a": nil}))
		case kind.Kind() == reflect.String:
			value.SetString("a")
		case kind.Kind() == reflect.Uint64, kind.Kind() == reflect.Uint32:
			value.SetUint(1)
		case kind.Kind() == reflect.Func:
			value.Set(reflect.ValueOf(func(context.Context) error { return nil }))
		}
		if method.Type.IsVariadic() && i == method.Type.NumIn()-1 {
			value = reflect.New(kind.Elem()).Elem()
		}
		in = append(in, value)
	}
	return in
}

// A device, however it was made, gives the library no store but ours.
func TestDevicesAreGuarded(t *testing.T) {
	jid := types.NewADJID("6281", 0, 1)
	c, devices := newDevices(t, jid)
	loaded, err := c.load(t.Context(), jid.String(), &guard{})
	if err != nil {
		t.Fatal(err)
	}
	for name, device := range map[string]*store.Device{"linked": devices[0], "loaded": loaded} {
		fields := reflect.ValueOf(device).Elem()
		found := 0
		for i := range fields.NumField() {
			field := fields.Type().Field(i)
			if field.Type.Kind() != reflect.Interface || field.Name == "Log" {
				continue
			}
			found++
			switch fields.Field(i).Interface().(type) {
			case *stores, *guardedContainer:
			default:
				t.Errorf("%s: %s is a %T", name, field.Name, fields.Field(i).Interface())
			}
		}
		if found < 14 {
			t.Errorf("%s: %d stores found; has the library changed?", name, found)
		}
	}
}

// What a database refuses is about what it was given; what strangers send must not end
// the connection each time WhatsApp repeats it.
func TestWhatIsAStorageFailure(t *testing.T) {
	c, devices := newDevices(t, types.NewADJID("6281", 0, 1))
	db := c.db.RawDB
	exec := func(query string, args ...any) error {
		_, err := db.ExecContext(t.Context(), query, args...)
		if err == nil {
			t.Fatalf("%s: no error", query)
		}
		return err
	}
	jid := devices[0].ID.String()
	for _, query := range []string{
		`CREATE TABLE full (id INTEGER PRIMARY KEY)`,
		`CREATE TRIGGER refuses BEFORE INSERT ON full BEGIN SELECT RAISE(ABORT, 'no'); END`,
	} {
		if _, err := db.ExecContext(t.Context(), query); err != nil {
			t.Fatal(err)
		}
	}
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	_, interrupted := db.ExecContext(gone, `SELECT 1`)
	for name, c := range map[string]struct {
		err  error
		want bool
	}{
		"nothing":       {nil, false},
		"no row":        {fmt.Errorf("load: %w", sql.ErrNoRows), false},
		"caller left":   {interrupted, false},
		"check":         {exec(`INSERT INTO whatsmeow_identity_keys VALUES (?, 'a', x'00')`, jid), false},
		"not null":      {exec(`INSERT INTO whatsmeow_sender_keys VALUES (?, 'a', 'b', NULL)`, jid), false},
		"device gone":   {exec(`INSERT INTO whatsmeow_sender_keys VALUES ('nobody', 'a', 'b', x'00')`), true},
		"twice":         {exec(`INSERT INTO whatsmeow_device SELECT * FROM whatsmeow_device`), true},
		"trigger":       {exec(`INSERT INTO full VALUES (1)`), true},
		"no such table": {exec(`INSERT INTO lost VALUES (1)`), true},
		"anything else": {errDisk, true},
		"postgres text": {postgresError("22021"), false},
		"postgres null": {postgresError("23502"), false},
		"postgres full": {postgresError("53100"), true},
	} {
		if got := isStorageFailure(t.Context(), c.err); got != c.want {
			t.Errorf("%s: %v is a failure: %v, want %v", name, c.err, got, c.want)
		}
	}
	if isStorageFailure(gone, errDisk) {
		t.Error("what follows the caller's end is a failure")
	}
}

type postgresError string

func (s postgresError) Error() string    { return string(s) }
func (s postgresError) SQLState() string { return string(s) }

// What decryption says of a message is no failure of the database, and a panic in it
// leaves no transaction open.
func TestDecryptionFailures(t *testing.T) {
	jid := types.NewADJID("6281", 0, 1)
	c, _ := newDevices(t, jid)
	g := &guard{fail: func(err error) { t.Errorf("storage failed: %v", err) }}
	device, err := c.load(t.Context(), jid.String(), g)
	if err != nil {
		t.Fatal(err)
	}
	bad := errors.New("bad MAC")
	if err := device.EventBuffer.DoDecryptionTxn(t.Context(), func(context.Context) error { return bad }); !errors.Is(err, bad) {
		t.Errorf("got %v, want the decryption's own error", err)
	}
	if err := device.EventBuffer.DoDecryptionTxn(t.Context(), func(context.Context) error { panic("odd message") }); err == nil {
		t.Error("a panic is no error")
	}
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	err = device.EventBuffer.DoDecryptionTxn(ctx, func(ctx context.Context) error {
		return device.Identities.PutIdentity(ctx, "a", [32]byte{})
	})
	if err != nil {
		t.Errorf("the next transaction: %v", err)
	}
}

// An ended connection stores nothing over what the next one stores, and that it cannot is
// no news.
func TestEndedConnectionStoresNothing(t *testing.T) {
	jid := types.NewADJID("6281", 0, 1)
	c, _ := newDevices(t, jid)
	g := &guard{fail: func(err error) { t.Errorf("storage failed: %v", err) }}
	old, err := c.load(t.Context(), jid.String(), g)
	if err != nil {
		t.Fatal(err)
	}
	put := func(device *store.Device, session string) error {
		return device.Sessions.PutSession(t.Context(), "a", []byte(session))
	}
	if err := put(old, "1"); err != nil {
		t.Fatal(err)
	}
	g.end()
	next, err := c.load(t.Context(), jid.String(), &guard{fail: g.fail})
	if err != nil {
		t.Fatal(err)
	}
	if err := put(next, "3"); err != nil {
		t.Fatal(err)
	}
	if err := put(old, "2"); !errors.Is(err, errEnded) {
		t.Errorf("the ended connection stores: %v", err)
	}
	if got, err := next.Sessions.GetSession(t.Context(), "a"); err != nil || string(got) != "3" {
		t.Errorf("the session is %q, %v; want the next connection's", got, err)
	}
}

// Connections of one device that overlap give out no pre-key's id twice.
func TestPreKeysOfOverlappingConnections(t *testing.T) {
	jid := types.NewADJID("6281", 0, 1)
	c, _ := newDevices(t, jid)
	var made sync.WaitGroup
	for range 8 {
		device, err := c.load(t.Context(), jid.String(), &guard{fail: func(err error) { t.Errorf("storage failed: %v", err) }})
		if err != nil {
			t.Fatal(err)
		}
		made.Go(func() {
			if _, err := device.PreKeys.GetOrGenPreKeys(context.Background(), 200); err != nil {
				t.Error(err)
			}
		})
	}
	made.Wait()
}

// Addresses of the wrong kind are the library's mistakes, or a stranger's.
func TestWrongAddresses(t *testing.T) {
	jid := types.NewADJID("6281", 0, 1)
	c, _ := newDevices(t, jid)
	g := &guard{fail: func(err error) { t.Errorf("storage failed: %v", err) }}
	device, err := c.load(t.Context(), jid.String(), g)
	if err != nil {
		t.Fatal(err)
	}
	group := types.NewJID("1", types.GroupServer)
	_, err1 := device.LIDs.GetLIDForPN(t.Context(), group)
	_, err2 := device.LIDs.GetPNForLID(t.Context(), group)
	err3 := device.LIDs.PutLIDMapping(t.Context(), group, group)
	err4 := device.AppState.PutAppStateVersion(t.Context(), "regular", 0, [128]byte{})
	if err1 == nil || err2 == nil || err3 == nil || err4 == nil {
		t.Errorf("accepted: %v, %v, %v, %v", err1, err2, err3, err4)
	}
}

// After the first failure whatever the library has to say means that, and it is said once.
func TestStorageSignal(t *testing.T) {
	got := make(chan session.Signal, 8)
	c := newQuietConn(t, types.NewADJID("6281", 0, 1), session.Handler{Signal: func(s session.Signal) { got <- s }})
	c.order.Lock() // the owner is busy: the failing store must not wait for it
	c.guard.trip(errDisk)
	if !c.wire.isCut {
		t.Error("the wire stands after the failure")
	}
	c.order.Unlock()
	c.event(&events.Connected{})
	c.event(&events.Disconnected{})
	first, ok := (<-got).(session.SignalStorage)
	if !ok || !errors.Is(first.Err, session.ErrStorage) || !errors.Is(first.Err, errDisk) {
		t.Errorf("told %+v, want the failure of the store", first)
	}
	c.order.Lock()
	defer c.order.Unlock()
	if !c.over || len(got) > 0 {
		t.Errorf("over %v, %d more signals", c.over, len(got))
	}
}
