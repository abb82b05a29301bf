package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"wadah/models/postgres/pgtest"
)

// soak returns long in a soak run (WADAH_SOAK=1, make soak), and short otherwise.
func soak[T any](short, long T) T {
	if os.Getenv("WADAH_SOAK") != "" {
		return long
	}
	return short
}

// The program is killed at random instants while devices link, stop, log out, are
// deleted and restart, and is started again: no device is lost, revived against its
// desired state, doubled or half linked. WADAH_SEED repeats a run's choices.
func TestKilled(t *testing.T) {
	t.Parallel()
	killAgainAndAgain(t, "", soak(25, 400))
}

// The same on PostgreSQL.
func TestKilledOnPostgres(t *testing.T) {
	t.Parallel()
	killAgainAndAgain(t, pgtest.URL(t), soak(8, 400))
}

func killAgainAndAgain(t *testing.T, database string, rounds int) {
	t.Helper()
	seed := uint64(time.Now().UnixNano())
	if given, err := strconv.ParseUint(os.Getenv("WADAH_SEED"), 10, 64); err == nil {
		seed = given
	}
	t.Logf("WADAH_SEED=%d", seed)
	k := newKilling(t, database, rand.New(rand.NewPCG(seed, seed)))
	for round := range rounds {
		k.round(round)
		if t.Failed() {
			t.Fatalf("round %d, WADAH_SEED=%d", round, seed)
		}
	}
	t.Logf("%d repairs at start, %d done before the kill, %d cut short", k.repairs, k.acked, k.cut)
	k.server.stop()
}

// killing is an installation that is killed again and again.
type killing struct {
	*world
	t       *testing.T
	random  *rand.Rand
	server  *installation
	admin   *visitor
	victims []*victim

	repairs, acked, cut int
}

// victim is one device: what it was before the round, and what was asked of it.
type victim struct {
	name, id, key, phone string
	number               int

	before stored
	action string
	acked  bool // the program said that it is done
}

func newKilling(t *testing.T, database string, random *rand.Rand) *killing {
	t.Helper()
	k := &killing{world: newWorld(t), t: t, random: random, admin: newVisitor(t)}
	k.pg = database
	k.server = k.serve()
	link, err := url.Parse(k.server.printed(`http://\S+/setup\?token=\S+`)[0])
	if err != nil {
		t.Fatal(err)
	}
	k.admin.post(k.server.url+"/setup", url.Values{
		"token": {link.Query().Get("token")}, "name": {"ani"}, "password": {goodPassword}, "password2": {goodPassword},
	})
	for n := range 5 {
		v := &victim{name: fmt.Sprintf("Kasir %d", n), phone: k.newPhone()}
		k.create(v)
		k.victims = append(k.victims, v)
	}
	return k
}

// create makes the device of a victim anew.
func (k *killing) create(v *victim) {
	k.t.Helper()
	v.number++
	name := fmt.Sprintf("%s.%d", v.name, v.number)
	out := wadah(k.t, "device", "add", name, "--json", "--data", k.data, "--database-url", k.pg)
	made := decode[deviceKeyOut](k.t, []byte(out))
	v.id, v.key = made.ID, made.APIKey
	if _, err := k.server.api("getState", v.key); err != nil { // the running server takes it up
		k.t.Fatal(err)
	}
}

// round acts on every device, kills, starts again and compares.
func (k *killing) round(n int) {
	k.t.Helper()
	ctx, cancel := context.WithCancel(k.t.Context())
	defer cancel()
	now := k.look()
	var acting sync.WaitGroup
	for _, v := range k.victims {
		v.before, v.acked = now.devices[v.id], false
		v.action = k.choose(v.before)
		acting.Go(func() { v.acked = k.act(ctx, v) })
	}
	late := k.random.Float64() // early more often than late: most is done within 100 ms
	<-time.After(time.Duration(late * late * late * float64(700*time.Millisecond)))
	k.server.kill()
	cancel()
	acting.Wait()
	k.server = k.serve()
	k.settle()

	after := k.look()
	after.checkDatabase(k.t)
	k.checkRepairs(after)
	for _, v := range k.victims {
		if v.acked {
			k.acked++
		} else if v.action != "nothing" {
			k.cut++
		}
		k.check(n, v, after)
		if _, alive := after.devices[v.id]; !alive {
			k.create(v)
		}
	}
}

// choose says what is done to a device: most often something that can go wrong.
func (k *killing) choose(s stored) string {
	one := func(actions ...string) string { return actions[k.random.IntN(len(actions))] }
	if s.jid == "" {
		return one("link", "link", "link", "link", "serviceStart", "serviceDestroy", "delete")
	}
	return one("serviceDestroy", "serviceRestart", "serviceLogout", "serviceLogout", "serviceLogout", "delete", "serviceStart", "nothing")
}

// act does it and reports whether the program said that it is done.
func (k *killing) act(ctx context.Context, v *victim) bool {
	switch v.action {
	case "nothing":
		return false
	case "delete":
		body := strings.NewReader(url.Values{"confirm": {"yes"}}.Encode())
		req, err := http.NewRequestWithContext(ctx, http.MethodPost, k.server.url+"/devices/"+v.id+"/delete", body)
		if err != nil {
			return false
		}
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		status, _, err := do(k.admin.client, req)
		return err == nil && status == http.StatusOK // after the redirect
	case "link":
		return k.link(k.server, v.key, v.phone) == nil
	default:
		answer, err := k.server.api(v.action, v.key)
		return err == nil && answer.Code == http.StatusOK
	}
}

// settle waits until nothing is under way any more.
func (k *killing) settle() {
	k.t.Helper()
	for _, v := range k.victims {
		eventually(k.t, func() error {
			now, err := k.server.api("getDevice", v.key)
			switch {
			case err != nil:
				return err
			case now.Code == http.StatusUnauthorized: // deleted
				return nil
			case now.Results.State == "PAIRING", now.Results.Reason == "network":
				return fmt.Errorf("the device stays %s/%s after %s", now.Results.State, now.Results.Reason, v.action)
			}
			return nil
		})
	}
	eventually(k.t, func() error {
		for id, d := range k.look().devices {
			if d.offReason == "unlinking" {
				return fmt.Errorf("%s is still being unlinked", id)
			}
		}
		return nil
	})
}

// check compares what a device is with what it was and what was asked of it.
func (k *killing) check(round int, v *victim, after state) {
	k.t.Helper()
	now, alive := after.devices[v.id]
	wrong := func(what string) {
		k.t.Helper()
		k.t.Errorf("round %d: %s %q (done: %v): %s: linked %v→%v, desired %v→%v, off %q→%q", round, v.id, v.action, v.acked,
			what, v.before.jid != "", now.jid != "", v.before.desired, now.desired, v.before.offReason, now.offReason)
	}
	if !alive {
		if v.action != "delete" {
			wrong("the device is lost")
		}
		return
	}
	if v.acked && v.action == "delete" {
		wrong("a deleted device is back")
	}
	if changed := now.jid != v.before.jid; changed && v.action != "link" && v.action != "serviceLogout" && v.action != "delete" {
		wrong("the link changed")
	}
	switch v.action {
	case "nothing":
		if now.desired != v.before.desired {
			wrong("the desired state changed")
		}
	case "serviceDestroy":
		if v.acked && now.desired {
			wrong("a stopped device was revived")
		}
	case "serviceStart", "serviceRestart":
		if v.acked && !now.desired {
			wrong("a started device stays off")
		}
	case "serviceLogout":
		if now.jid != "" && now.jid != v.before.jid || v.acked && now.jid != "" {
			wrong("half logged out")
		}
	case "link":
		if v.acked && now.jid == "" {
			wrong("the phone and the program agreed, and the link is gone")
		}
	}
	k.checkShown(v, now, wrong)
}

// checkShown compares the database with what the program says and the phone lists.
func (k *killing) checkShown(v *victim, now stored, wrong func(string)) {
	k.t.Helper()
	shown, err := k.server.api("getDevice", v.key)
	if err != nil {
		k.t.Fatal(err)
	}
	want := "SERVICE_OFF"
	switch {
	case now.desired && now.jid != "":
		want = "CONNECTED"
	case now.desired:
		want = "SERVICE_SCAN"
	}
	if shown.Results.State != want {
		wrong("it shows " + shown.Results.State + "/" + shown.Results.Reason + ", want " + want)
	}
	listed := k.listed(v.phone)
	switch {
	case want == "CONNECTED" && (len(listed) != 1 || listed[0] != now.jid):
		wrong(fmt.Sprintf("the phone lists %d devices, want this one", len(listed)))
	case now.jid == "" && len(listed) > 0:
		wrong("the phone lists a device that does not know of it")
	}
}

// checkRepairs insists that each repair that was logged stands in the timeline too.
func (k *killing) checkRepairs(after state) {
	k.t.Helper()
	for line := range strings.Lines(k.server.stderr.String()) {
		if !strings.Contains(line, "repaired a device at start") {
			continue
		}
		k.repairs++
		told := false
		for id, d := range after.devices {
			told = told || strings.Contains(line, id) && d.repairs > 0
		}
		if !told {
			k.t.Errorf("a repair is missing in the timeline: %s", line)
		}
	}
}
