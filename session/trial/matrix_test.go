//go:build !race

package trial_test

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"wadah/session"
	"wadah/session/sandbox"
)

// What every fault leads to, at every moment of a device's life. The moments:
//
//	starting      an unlinked device connects; its first code has come and is not shown yet
//	showing       its QR code is shown
//	scanned       the phone has said yes; the first login follows
//	login         a linked device connects; the login is complete and not shown yet
//	idle          it is connected, and nothing happens
//	busy          it is connected, and requests to WhatsApp are under way
//	reconnecting  its connection was lost, and WhatsApp is out of reach at first
//	stopping      it is stopped at the same instant
//	deleting      it is deleted at the same instant
//
// A fault that waits for the next login is armed at that moment; where no login
// follows by itself (idle, busy), the connection is dropped. While a device shows
// codes the phone goes on scanning until it is linked. The ends:
//
//	ready    CONNECTED/ready; a connection that stood was never lost
//	back     CONNECTED/ready, after PAIRING/reconnecting
//	outage   CONNECTED/ready, after SERVICE_OFF/network while it lasted
//	refused  CONNECTED/ready, after SERVICE_OFF/rejected
//	gone     the device does not exist any more
//	other    SERVICE_OFF with this reason
//
// Several ends with | between them: which comes first is open.
const matrix = `
fault             starting    showing     scanned     login       idle        busy        reconnecting stopping           deleting
drop              ready       ready       ready       back        back        back        back         stopped            gone
malformed         ready       ready       ready       back        back        back        back         stopped            gone
reset             ready       ready       ready       back        back        back        back         stopped            gone
silence           ready       ready       ready       back        back        back        back         stopped            gone
slow              ready       ready       ready       ready       ready       ready       back         stopped            gone
garbage           ready       ready       ready       ready       ready       ready       back         stopped            gone
stream_error_503  ready       ready       ready       back        back        back        back         stopped            gone
stream_error_500  ready       ready       ready       back        back        back        back         stopped            gone
stream_error_515  ready       ready       ready       back        back        back        back         stopped            gone
stream_end        ready       ready       ready       back        back        back        back         stopped            gone
replaced          replaced    replaced    replaced    replaced    replaced    replaced    replaced     stopped|replaced   gone
device_removed    logged_out  logged_out  logged_out  logged_out  logged_out  logged_out  logged_out   stopped|logged_out gone

connect_failure_400 refused   refused     refused     refused     refused     refused     refused      stopped            gone
connect_failure_401 logged_out logged_out logged_out  logged_out  logged_out  logged_out  logged_out   stopped|logged_out gone
connect_failure_402 banned    banned      banned      banned      banned      banned      banned       stopped|banned     gone
connect_failure_403 logged_out logged_out logged_out  logged_out  logged_out  logged_out  logged_out   stopped|logged_out gone
connect_failure_405 ready     ready       ready       ready       back        back        back         stopped            gone
connect_failure_406 logged_out logged_out logged_out  logged_out  logged_out  logged_out  logged_out   stopped|logged_out gone
connect_failure_409 refused   refused     refused     refused     refused     refused     refused      stopped            gone
connect_failure_413 refused   refused     refused     refused     refused     refused     refused      stopped            gone
connect_failure_418 refused   refused     refused     refused     refused     refused     refused      stopped            gone
connect_failure_429 refused   refused     refused     refused     refused     refused     refused      stopped            gone
connect_failure_500 ready     ready       ready       ready       back        back        back         stopped            gone
connect_failure_501 refused   refused     refused     refused     refused     refused     refused      stopped            gone
connect_failure_503 ready     ready       ready       ready       back        back        back         stopped            gone
drop_after_handshake ready    ready       ready       ready       back        back        back         stopped            gone
hang_handshake    ready       ready       ready       ready       back        back        back         stopped            gone
drop_after_pair_success ready|logged_out ready|logged_out ready ready back back           back         stopped            gone
no_pair_sign_reply ready      ready       ready       ready       back        back        back         stopped            gone
code_rate_limit   ready       ready       ready       ready       back        back        back         stopped            gone

outage_refuse     outage      outage      outage      outage      outage      outage      outage       stopped            gone
outage_silent     outage      outage      outage      outage      outage      outage      outage       stopped            gone
outage_http503    outage      outage      outage      outage      outage      outage      outage       stopped            gone
outage_handshake  outage      outage      outage      outage      outage      outage      outage       stopped            gone
`

// deadline is when a cell's end must have come. Unlinking through a connection that
// says nothing is given up after 15 s; after a 429 the next try comes within 20 s.
const deadline = 30 * time.Second

// cell is one fault at one moment.
type cell struct {
	fault, moment string
	ends          []string
}

// readMatrix reads the table above and insists that no fault is missing.
func readMatrix(t *testing.T) (cells []cell) {
	t.Helper()
	var moments []string
	seen := map[string]bool{}
	for line := range strings.Lines(matrix) {
		words := strings.Fields(line)
		switch {
		case len(words) == 0:
			continue
		case words[0] == "fault":
			moments = words[1:]
			continue
		case len(words) != len(moments)+1:
			t.Fatalf("%s has %d ends, want %d", words[0], len(words)-1, len(moments))
		}
		seen[words[0]] = true
		for i, ends := range words[1:] {
			cells = append(cells, cell{fault: words[0], moment: moments[i], ends: strings.Split(ends, "|")})
		}
	}
	for _, kind := range sandbox.FaultKinds() {
		if kind != sandbox.FaultConnectFailure && !seen[string(kind)] {
			t.Errorf("the matrix says nothing about %s", kind)
		}
	}
	for _, mode := range sandbox.OutageModes() {
		if mode != sandbox.OutageNone && !seen["outage_"+string(mode)] {
			t.Errorf("the matrix says nothing about outage %s", mode)
		}
	}
	return cells
}

func TestMatrix(t *testing.T) {
	t.Parallel()
	cells := map[string]func(*testing.T){}
	for _, c := range readMatrix(t) {
		cells[c.fault+"/"+c.moment] = c.run
	}
	playAll(t, cells)
}

// playAll runs the cells of a table, many more at a time than there are processors: most
// of the time they wait.
func playAll(t *testing.T, cells map[string]func(*testing.T)) {
	t.Helper()
	places := make(chan struct{}, 12)
	var all sync.WaitGroup
	for _, name := range slices.Sorted(maps.Keys(cells)) {
		places <- struct{}{}
		all.Go(func() {
			defer func() { <-places }()
			t.Run(name, cells[name])
		})
	}
	all.Wait()
}

func (c cell) run(t *testing.T) {
	w := newWorld(t, func(s *settings) {
		if c.isOutage() {
			s.session.Grace = time.Second
		}
		s.sandbox.CloseLinger = 50 * time.Millisecond
	})
	p := &play{world: w, cell: c, linked: c.moment != "starting" && c.moment != "showing" && c.moment != "scanned"}
	if p.linked {
		p.id = w.linked("Toko", phone)
		p.jid = w.snap(p.id).Account.JID
	} else {
		p.id = w.add("Toko")
	}
	began := time.Now()
	moments[c.moment](p)
	switch {
	case slices.Contains(c.ends, "gone"):
		p.checkGone()
	case c.moment == "stopping":
		p.end = w.snap(p.id)
	default:
		p.goOn()
	}
	if took := time.Since(began); took > deadline {
		t.Errorf("it took %v, want %v at most", took, deadline)
	}
	if !slices.Contains(c.ends, "gone") {
		p.checkEnd()
	}
	p.checkNothingLeft()
}

// play is a cell being played.
type play struct {
	*world
	cell
	id, jid string
	linked  bool // from the beginning
	end     session.Snapshot
	cleared bool
	struck  int // the dial whose connection the fault ends; 0 when it is not known
}

func (c cell) isOutage() bool { return strings.HasPrefix(c.fault, "outage_") }

// isLive says whether the fault strikes a connection that stands.
func (c cell) isLive() bool {
	switch sandbox.FaultKind(c.fault) {
	case sandbox.FaultDrop, sandbox.FaultReset, sandbox.FaultSilence, sandbox.FaultSlow, sandbox.FaultGarbage, sandbox.FaultMalformed,
		sandbox.FaultStreamError503, sandbox.FaultStreamError500, sandbox.FaultStreamError515, sandbox.FaultStreamEnd,
		sandbox.FaultReplaced, sandbox.FaultDeviceRemoved:
		return true
	default:
		return false
	}
}

// strike lets the fault happen, or arms it.
func (p *play) strike() {
	if p.isOutage() {
		must(p.t, p.svc.SetOutage(sandbox.OutageMode(strings.TrimPrefix(p.fault, "outage_"))))
		return
	}
	fault := sandbox.Fault{Kind: sandbox.FaultKind(p.fault), Latency: 100 * time.Millisecond, Duration: time.Minute}
	if reason, is := strings.CutPrefix(p.fault, "connect_failure_"); is {
		fault.Kind, fault.Code, fault.Expire = sandbox.FaultConnectFailure, 104, time.Hour
		fault.Reason, _ = strconv.Atoi(reason)
	}
	if fault.Kind == sandbox.FaultSilence && p.moment == "starting" {
		fault.Duration = time.Second // longer: TestCodesOnADeadLine
	}
	if err := p.svc.Inject("", fault); err != nil {
		p.t.Errorf("inject: %v", err)
	}
}

// goOn lets life go on after the fault until the device is where it stays.
func (p *play) goOn() {
	if p.isOutage() && p.moment != "showing" {
		p.await(p.id, "SERVICE_OFF/network")
		must(p.t, p.svc.SetOutage(sandbox.OutageNone))
		p.cleared = true
	}
	limit := time.Now().Add(deadline)
	for time.Now().Before(limit) {
		s, _ := p.when(time.Until(limit), p.id, func(s session.Snapshot) bool { return p.settled(s) || s.QR != nil })
		if s.QR == nil {
			if p.linked && slices.Contains(p.ends, "ready") {
				p.stillAnswers()
			}
			p.end = p.snap(p.id)
			return
		}
		p.scanAgain(s)
	}
	p.end = p.snap(p.id)
}

// scanAgain is the phone that tries whatever code is shown, and what the outage that
// began before does to the login.
func (p *play) scanAgain(s session.Snapshot) {
	if p.fault == string(sandbox.FaultCodeRateLimit) && p.moment == "showing" && s.Rev > 0 {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		_, err := p.PairPhone(ctx, p.id, phone, false)
		cancel()
		if !p.cleared && !errors.Is(err, session.ErrRateLimited) {
			p.t.Errorf("asking for a phone code: %v, want ErrRateLimited", err)
		}
		p.cleared = true
	}
	if p.fault == string(sandbox.FaultSilence) { // what is sent meanwhile is lost for good
		eventually(p.t, patience, func() error {
			if slices.ContainsFunc(p.svc.Connections(), func(c sandbox.ConnectionInfo) bool { return c.Silent }) {
				return errors.New("still silent")
			}
			return nil
		})
	}
	ctx, cancel := context.WithTimeout(context.Background(), 4*time.Second)
	defer cancel()
	_, err := p.svc.Scan(ctx, phone, s.QR.Text)
	if err != nil { // the code was replaced, or the connection broke: look again when something changes
		p.when(time.Second, p.id, func(now session.Snapshot) bool { return now.Rev > s.Rev })
		return
	}
	p.when(5*time.Second, p.id, func(now session.Snapshot) bool { return now.QR == nil })
	if p.isOutage() && !p.cleared {
		p.await(p.id, "SERVICE_OFF/network")
		must(p.t, p.svc.SetOutage(sandbox.OutageNone))
		p.cleared = true
	}
}

// stillAnswers waits until WhatsApp has answered something that was asked after the
// fault, which shows that the connection did not break.
func (p *play) stillAnswers() {
	from := time.Now().Add(time.Second)
	eventually(p.t, patience, func() error {
		if conn := p.gate.conn(); conn == nil || conn.LastHeard().Before(from) {
			return errors.New("nothing was heard since the fault")
		}
		return nil
	})
}

// settled says whether a device will stay as it is.
func (p *play) settled(s session.Snapshot) bool {
	switch {
	case s.State == session.StateOff:
		return !s.Retrying
	case s.State != session.StateConnected:
		return false
	case slices.Contains(p.ends, "ready"):
		return true
	case slices.Contains(p.ends, "outage"):
		return slices.Contains(p.story(p.id), "SERVICE_OFF/network")
	case slices.Contains(p.ends, "refused"):
		return slices.Contains(p.story(p.id), "SERVICE_OFF/rejected")
	default: // a connection may stand until the fault is noticed
		return slices.Contains(p.ends, "back") && p.wasLost()
	}
}

// breaks says whether the fault ends the connection that it strikes at once.
func (c cell) breaks() bool {
	switch sandbox.FaultKind(c.fault) {
	case sandbox.FaultSilence, sandbox.FaultSlow, sandbox.FaultGarbage:
		return false
	default:
		return c.isLive()
	}
}

// wasLost says whether a connection was lost and made again, after the fault.
func (p *play) wasLost() bool {
	if p.gate.dialled() <= p.struck {
		return false
	}
	told := p.story(p.id)
	lost := slices.Index(told, "PAIRING/reconnecting")
	return lost >= 0 && slices.Index(told[lost:], "CONNECTED/ready") > 0
}
