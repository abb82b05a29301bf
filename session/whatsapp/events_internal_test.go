package whatsapp

import (
	"errors"
	"log/slog"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"go.mau.fi/whatsmeow"
	"go.mau.fi/whatsmeow/proto/waSyncAction"
	"go.mau.fi/whatsmeow/types"
	"go.mau.fi/whatsmeow/types/events"
	"google.golang.org/protobuf/proto"

	"wadah/session"
)

// newQuietConn makes a connection that never dials, for a saved device or a new one.
func newQuietConn(t *testing.T, jid types.JID, on session.Handler) *conn {
	t.Helper()
	c, devices := newDevices(t, types.NewADJID("6281", 0, 1))
	d := &Driver{log: slog.New(slog.DiscardHandler), store: c, net: newNetwork("", time.Second)}
	to := session.Target{DeviceID: "dev"}
	if !jid.IsEmpty() {
		to.JID = devices[0].ID.String()
	}
	quiet := newConn(d, to, on)
	device, err := c.load(t.Context(), to.JID, quiet.guard)
	if err != nil {
		t.Fatal(err)
	}
	quiet.speakFor(device, to)
	return quiet
}

// feed gives events to a connection and returns the signals they become.
func feed(t *testing.T, jid types.JID, happened ...any) (signals []session.Signal) {
	t.Helper()
	c := newQuietConn(t, jid, session.Handler{Signal: func(s session.Signal) { signals = append(signals, s) }})
	for _, e := range happened {
		c.event(e)
	}
	return signals
}

func TestEvents(t *testing.T) {
	jid := types.NewADJID("6281", 0, 1)
	account := session.Account{JID: jid.String()}
	boom := errors.New("boom")
	key := &types.WebAuthnPublicKey{
		Challenge: []byte{0xfb, 0xff}, RelyingPartID: "whatsapp.com", Timeout: 60000,
		AllowCredentials: []types.AllowedCredential{{ID: []byte{1}, Type: "public-key"}},
	}
	pushName := &events.PushNameSetting{Action: &waSyncAction.PushNameSetting{Name: proto.String("Budi")}}
	named := session.Account{JID: account.JID, Name: "Budi"}
	online := session.SignalOnline{Account: account}
	for name, c := range map[string]struct {
		jid      types.JID
		happened []any
		want     []session.Signal
	}{
		"online":              {jid, []any{&events.Connected{}}, []session.Signal{online}},
		"codes":               {types.EmptyJID, []any{&events.QR{Codes: []string{"a", "b"}}}, []session.Signal{session.SignalCodes{Codes: []session.Code{{Text: "a", Valid: time.Minute}, {Text: "b", Valid: 20 * time.Second}}}}},
		"closed":              {jid, []any{&events.Connected{}, &events.Disconnected{}}, []session.Signal{online, session.SignalClosed{Err: errDisconnected}}},
		"silent":              {jid, []any{&events.Connected{}, &events.KeepAliveTimeout{}}, []session.Signal{online, session.SignalSilent{}}},
		"silent before":       {jid, []any{&events.KeepAliveTimeout{}}, nil},
		"logged out":          {jid, []any{&events.LoggedOut{}, &events.Disconnected{}}, []session.Signal{session.SignalLoggedOut{Code: 401}}},
		"logged out at login": {jid, []any{&events.LoggedOut{OnConnect: true, Reason: 403}}, []session.Signal{session.SignalLoggedOut{Code: 403}}},
		"connected too late":  {jid, []any{&events.Disconnected{}, &events.Connected{}}, []session.Signal{session.SignalClosed{Err: errDisconnected}}},
		"replaced":            {jid, []any{&events.StreamReplaced{}, &events.Disconnected{}}, []session.Signal{session.SignalReplaced{}}},
		"banned":              {jid, []any{&events.TemporaryBan{Code: 104, Expire: time.Hour}}, []session.Signal{session.SignalBanned{Code: 104, Expire: time.Hour}}},
		"outdated":            {jid, []any{&events.ClientOutdated{}}, []session.Signal{session.SignalOutdated{}}},
		"refused":             {jid, []any{&events.ConnectFailure{Reason: 418, Message: "no 6281234567890"}}, []session.Signal{session.SignalRefused{Code: 418, Message: "no […]"}}},
		"token refused":       {jid, []any{&events.CATRefreshError{Error: errMessengerOnly}}, []session.Signal{session.SignalRefused{Code: 413, Message: errMessengerOnly.Error()}}},
		"restart":             {jid, []any{&events.Connected{}, &events.ManualLoginReconnect{}}, []session.Signal{online, session.SignalClosed{Err: ErrRestart}}},
		"linked":              {types.EmptyJID, []any{&events.PairSuccess{ID: jid}, &events.ManualLoginReconnect{}, &events.Disconnected{}}, []session.Signal{session.SignalLinked{Account: account}, session.SignalClosed{Err: ErrRestart}}},
		"linked, overtaken":   {types.EmptyJID, []any{&events.ManualLoginReconnect{}, &events.PairSuccess{ID: jid}}, []session.Signal{session.SignalLinked{Account: account}, session.SignalClosed{Err: ErrRestart}}},
		"business":            {types.EmptyJID, []any{&events.PairSuccess{ID: jid, BusinessName: "Toko", Platform: "smba"}}, []session.Signal{session.SignalLinked{Account: session.Account{JID: account.JID, Name: "Toko", Platform: "smba"}}}},
		"link failed":         {types.EmptyJID, []any{&events.PairError{Error: boom}, &events.Disconnected{}}, []session.Signal{session.SignalLinkFailed{Err: boom}}},
		"old phone":           {types.EmptyJID, []any{&events.QRScannedWithoutMultidevice{}}, []session.Signal{session.SignalLinkFailed{Err: ErrNoMultiDevice}}},
		"passkey":             {types.EmptyJID, []any{&events.PairPasskeyRequest{PublicKey: key}}, []session.Signal{session.SignalPasskey{Request: []byte(`{"challenge":"-_8","timeout":60000,"rpId":"whatsapp.com","allowCredentials":[{"id":"AQ","type":"public-key"}]}`)}}},
		"passkey code":        {types.EmptyJID, []any{&events.PairPasskeyConfirmation{Code: "ABCD-EFGH"}}, []session.Signal{session.SignalPasskeyCode{Code: "ABCD-EFGH", Confirm: true}}},
		"passkey failed":      {types.EmptyJID, []any{&events.PairPasskeyError{Error: boom}}, []session.Signal{session.SignalLinkFailed{Err: boom}}},
		"name":                {jid, []any{&events.Connected{}, pushName, pushName}, []session.Signal{online, session.SignalOnline{Account: named}}},
		"name before login":   {jid, []any{pushName, &events.Connected{}}, []session.Signal{session.SignalOnline{Account: named}}},
		"of no interest":      {jid, []any{&events.OfflineSyncCompleted{}, &events.Blocklist{}}, nil},
		"message at login":    {jid, []any{&events.Message{}, &events.Receipt{}, &events.Connected{}}, []session.Signal{online}},
		"backlog at login":    {jid, []any{&events.OfflineSyncPreview{}, &events.Disconnected{}, &events.Connected{}}, []session.Signal{online, session.SignalClosed{Err: errDisconnected}}},
	} {
		t.Run(name, func(t *testing.T) {
			got := feed(t, c.jid, c.happened...)
			if diff := cmp.Diff(c.want, got, cmpopts.EquateErrors()); diff != "" {
				t.Errorf("signals (-want +got):\n%s", diff)
			}
		})
	}
}

// TestEndWhilePairing: the outcome of a link goes before the end of its connection.
func TestEndWhilePairing(t *testing.T) {
	jid := types.NewADJID("6281", 0, 1)
	for name, c := range map[string]struct {
		outcome any
		want    []session.Signal
	}{
		"linked":  {&events.PairSuccess{ID: jid}, []session.Signal{session.SignalLinked{Account: session.Account{JID: jid.String()}}, session.SignalClosed{Err: errHungUp}}},
		"failed":  {&events.PairError{Error: errHungUp}, []session.Signal{session.SignalLinkFailed{Err: errHungUp}}},
		"storage": {&events.PairError{Error: &whatsmeow.PairDatabaseError{DBErr: errHungUp}}, []session.Signal{session.SignalLinkFailed{Err: session.ErrStorage}}},
	} {
		t.Run(name, func(t *testing.T) {
			var got []session.Signal
			conn := newQuietConn(t, types.EmptyJID, session.Handler{Signal: func(s session.Signal) { got = append(got, s) }})
			if !conn.claim(jid, "android", "") {
				t.Fatal("the claim was refused")
			}
			if conn.claim(jid, "android", "") {
				t.Error("a second claim on the same connection was taken")
			}
			conn.lineEnded(errHungUp)
			if len(got) != 0 {
				t.Fatalf("signals %v before the outcome", got)
			}
			conn.event(c.outcome)
			if diff := cmp.Diff(c.want, got, cmpopts.EquateErrors()); diff != "" {
				t.Errorf("signals (-want +got):\n%s", diff)
			}
		})
	}
}

// TestOwnerPanics: the library's goroutines survive an owner that does not behave.
func TestOwnerPanics(t *testing.T) {
	c := newQuietConn(t, types.EmptyJID, session.Handler{
		Signal: func(session.Signal) { panic("signal") },
		Claim:  func(string) error { panic("claim") },
	})
	if c.claim(types.NewADJID("6281", 0, 1), "", "") {
		t.Error("a claim that panicked was granted")
	}
	c.event(&events.PairError{Error: whatsmeow.ErrPairRejectedLocally})
	c.lineEnded(errHungUp)
}

func TestPairPhoneErrors(t *testing.T) {
	for code, want := range map[int]error{429: session.ErrRateLimited, 400: session.ErrBadNumber, 404: session.ErrBadNumber, 406: session.ErrBadNumber} {
		if err := pairPhoneError(&whatsmeow.IQError{Code: code}); !errors.Is(err, want) {
			t.Errorf("error %d becomes %v, want %v", code, err, want)
		}
	}
	if err := pairPhoneError(&whatsmeow.IQError{Code: 503, Text: "service-unavailable"}); errors.Is(err, session.ErrBadNumber) || errors.Is(err, session.ErrRateLimited) {
		t.Errorf("error 503 becomes %v, want a network error", err)
	}
	for number, want := range map[string]bool{
		"6281234567890": true, "1234567": true, "123456789012345": true,
		"": false, "123456": false, "0812345678": false, "+6281234567": false, "62 8123456": false, "1234567890123456": false, "62८1234567": false,
	} {
		if got := isNumber(number); got != want {
			t.Errorf("isNumber(%q) = %v, want %v", number, got, want)
		}
	}
}

func TestAnswerPasskeyRefuses(t *testing.T) {
	c := newQuietConn(t, types.EmptyJID, session.Handler{})
	for _, answer := range []string{``, `nonsense`, `{}`, `{"id":"AQ","rawId":"AQ","response":{"clientDataJSON":"AQ"}}`, `{"id":"AQ","rawId":"!!"}`} {
		var bad *session.BadAnswerError
		if err := c.AnswerPasskey(t.Context(), []byte(answer)); !errors.As(err, &bad) {
			t.Errorf("AnswerPasskey(%q): %v, want a *BadAnswerError", answer, err)
		}
	}
	good := `{"id":"AQ","rawId":"AQ","type":"public-key","response":{"clientDataJSON":"AQ","authenticatorData":"AQ","signature":"AQ","userHandle":null}}`
	var bad *session.BadAnswerError
	if err := c.AnswerPasskey(t.Context(), []byte(good)); err == nil || errors.As(err, &bad) {
		t.Errorf("a good answer without a connection: %v, want a network error", err)
	}
}
