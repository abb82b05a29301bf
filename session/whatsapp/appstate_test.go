package whatsapp_test

import (
	"fmt"
	"testing"
	"time"

	"go.mau.fi/whatsmeow/appstate"
	"go.mau.fi/whatsmeow/proto/waSyncAction"
	"google.golang.org/protobuf/proto"

	"wadah/session"
)

// A setting that the library cannot digest ends neither the process nor the connection,
// and those that follow it arrive.
func TestSettingWithoutAnIndex(t *testing.T) {
	r := newRig(t)
	conn, w, _ := r.online()
	defer conn.Close()
	phone, err := r.svc.Phone(number)
	if err != nil {
		t.Fatal(err)
	}
	broken := appstate.PatchInfo{Type: appstate.WAPatchCriticalBlock, Mutations: []appstate.MutationInfo{{
		Index: []string{}, Version: 1,
		Value: &waSyncAction.SyncActionValue{PushNameSetting: &waSyncAction.PushNameSetting{Name: proto.String("nobody")}},
	}}}
	if err := phone.Change(broken); err != nil {
		t.Fatal(err)
	}
	// What comes in one piece with the broken one goes with it; what comes later does not.
	timeout := time.After(patience)
	for n := 0; ; n++ {
		name := fmt.Sprint("Budi ", n)
		if err := phone.Change(appstate.BuildSettingPushName(name)); err != nil {
			t.Fatal(err)
		}
		select {
		case s := <-w.signals:
			if online, is := s.(session.SignalOnline); !is {
				t.Fatalf("signal %T", s)
			} else if online.Account.Name == name {
				return
			}
		case <-time.After(200 * time.Millisecond): // it was in one piece with the broken one
		case <-timeout:
			t.Fatal("no setting arrives any more")
		}
	}
}
