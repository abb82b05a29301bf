package models

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"gorm.io/gorm"

	"wadah/models/rules"
)

// Delivery is one event on its way to one endpoint.
type Delivery struct {
	ID         string
	EndpointID string
	DeviceID   string
	Seq        int64  // of the event
	Type       string // of the event
	State      string // one of the Delivery constants
	Tries      int    // so far
	Part       int    // how many of its bodies have arrived, of an event that becomes several
	NextAt     time.Time
	DoneAt     time.Time // zero: it is not over
}

// What a delivery can be.
const (
	DeliveryPending = "pending"
	DeliveryLate    = "late" // has failed so often that its chat goes on without it
	DeliveryDone    = "done"
	DeliveryDead    = "dead"    // was tried for the last time
	DeliverySkipped = "skipped" // there is nothing to send any more
)

type deliveryRow struct {
	ID         string `gorm:"primaryKey"`
	EndpointID string
	DeviceID   string
	ChatID     string // "": about no chat
	Seq        int64
	State      string
	Tries      int64
	NextAt     int64
	DoneAt     int64
	Type       string
	Part       int64
}

func (deliveryRow) TableName() string { return "deliveries" }

type attemptRow struct {
	ID         string `gorm:"primaryKey"`
	DeliveryID string
	At         int64
	Took       int64
	Status     int
	Error      string
	Answer     []byte
	Sent       []byte
}

func (attemptRow) TableName() string { return "attempts" }

const newDeliveryQuery = `INSERT INTO deliveries (id, endpoint_id, device_id, chat_id, seq, type, state, tries, next_at, done_at)
	VALUES (?, ?, ?, ?, ?, ?, '` + DeliveryPending + `', 0, ?, 0)`

// deliver puts the events of the batch, which have their numbers, on their way to the
// endpoints that want them.
func (b *batch) deliver() error {
	if len(b.events) == 0 {
		return nil
	}
	now := b.s.now()
	among, err := b.s.endpoints.wanted(now, b.tx)
	if err != nil {
		return err
	}
	for _, e := range b.events {
		for _, endpoint := range matching(among, e.DeviceID, e.Type) {
			id := b.s.ids.next(now)
			if _, err := b.exec(newDeliveryQuery, id, endpoint, e.DeviceID, text(e.ChatID), e.Seq, e.Type, b.now); err != nil {
				return err
			}
			if b.endpoints == nil {
				b.endpoints = make(map[string]bool)
			}
			b.endpoints[endpoint] = true
		}
	}
	return nil
}

// OnDeliveries has f called after each commit that put events on their way, with the
// endpoints concerned. f must not block. It is set before anything is stored.
func (s *Store) OnDeliveries(f func(endpoints map[string]bool)) { s.onDeliveries = f }

// unblocked are deliveries that no older one of the same endpoint, device and chat comes before.
const unblocked = `NOT EXISTS (SELECT 1 FROM deliveries AS older
	WHERE older.endpoint_id = deliveries.endpoint_id AND older.state = ? AND older.chat_id = deliveries.chat_id
	AND older.device_id = deliveries.device_id AND older.seq < deliveries.seq)`

// followersQuery is what comes in a chat after one of its deliveries.
const followersQuery = `SELECT id, seq, type, tries, part, next_at FROM deliveries
	WHERE endpoint_id = ? AND state = '` + DeliveryPending + `' AND chat_id = ? AND seq > ? AND device_id = ? ORDER BY seq LIMIT ?`

// DueDeliveries are the deliveries of an active endpoint whose time has come, those that wait
// longest first: those of a chat together, each to be tried when the one before it is over.
// At most lanes chats, and about limit deliveries.
func (s *Store) DueDeliveries(ctx context.Context, endpointID string, lanes, limit int) ([][]Delivery, error) {
	now := s.nowMilli()
	open := s.read(ctx).Model(&endpointRow{}).Select("id").Where("state = ? AND probe_at <= ?", EndpointActive, now)
	// Each state is asked for alone: its index has the order, so that the search ends with
	// the first few however many wait.
	due := func(state string) *gorm.DB {
		return s.read(ctx).Where("endpoint_id = ? AND state = ? AND next_at <= ?", endpointID, state, now).
			Where("endpoint_id IN (?)", open).Order("next_at, id").Limit(lanes)
	}
	var rows, late []deliveryRow
	if err := due(DeliveryPending).Where(unblocked, DeliveryPending).Find(&rows).Error; err != nil {
		return nil, wrap(ctx, "find due deliveries", err)
	}
	if err := due(DeliveryLate).Find(&late).Error; err != nil {
		return nil, wrap(ctx, "find due deliveries", err)
	}
	rows = append(rows, late...)
	slices.SortFunc(rows, func(a, b deliveryRow) int {
		return cmp.Or(cmp.Compare(a.NextAt, b.NextAt), strings.Compare(a.ID, b.ID))
	})
	rows = rows[:min(len(rows), lanes)]
	list := make([][]Delivery, 0, len(rows))
	for _, r := range rows {
		lane := []Delivery{deliveryOf(r)}
		if more := limit/len(rows) - 1; r.State == DeliveryPending && more > 0 { // nothing waits for what is late
			followers, err := s.followers(ctx, r, now, more)
			if err != nil {
				return nil, wrap(ctx, "find due deliveries", err)
			}
			lane = append(lane, followers...)
		}
		list = append(list, lane)
	}
	return list, nil
}

// followers are what may be sent of a chat as soon as its first is over.
func (s *Store) followers(ctx context.Context, first deliveryRow, now int64, limit int) (list []Delivery, err error) {
	db := s.read(ctx)
	rows, err := db.Statement.ConnPool.QueryContext(ctx, s.spelled(followersQuery, db),
		first.EndpointID, first.ChatID, first.Seq, first.DeviceID, limit)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		r := deliveryRow{EndpointID: first.EndpointID, DeviceID: first.DeviceID, State: DeliveryPending}
		if err := rows.Scan(&r.ID, &r.Seq, &r.Type, &r.Tries, &r.Part, &r.NextAt); err != nil {
			return nil, err
		}
		if r.NextAt > now {
			break
		}
		list = append(list, deliveryOf(r))
	}
	return list, rows.Err()
}

func deliveryOf(r deliveryRow) Delivery {
	return Delivery{
		ID: r.ID, EndpointID: r.EndpointID, DeviceID: r.DeviceID, Seq: r.Seq, Type: r.Type, State: r.State,
		Tries: int(r.Tries), Part: int(r.Part), NextAt: fromMilli(r.NextAt), DoneAt: momentOf(r.DoneAt),
	}
}

// DueEndpoints are the endpoints that have deliveries whose time has come.
func (s *Store) DueEndpoints(ctx context.Context) (ids []string, err error) {
	err = s.read(ctx).Model(&deliveryRow{}).Distinct("endpoint_id").
		Where("state IN ? AND next_at <= ?", []string{DeliveryPending, DeliveryLate}, s.nowMilli()).Pluck("endpoint_id", &ids).Error
	return ids, wrap(ctx, "find endpoints with due deliveries", err)
}

// DeliveryFilter says which deliveries of an endpoint are looked for; empty fields do not matter.
type DeliveryFilter struct {
	EndpointID string
	State      string
	Type       string
	Before     string // only those before the one with this ID
	Limit      int
}

// Deliveries are the newest of an endpoint, newest first.
func (s *Store) Deliveries(ctx context.Context, f DeliveryFilter) ([]Delivery, error) {
	q := s.read(ctx).Where("endpoint_id = ?", f.EndpointID).Order("id DESC").Limit(f.Limit)
	for column, value := range map[string]string{"state": f.State, "type": f.Type} {
		if value != "" {
			q = q.Where(column+" = ?", value)
		}
	}
	if f.Before != "" {
		q = q.Where("id < ?", f.Before)
	}
	var rows []deliveryRow
	if err := q.Find(&rows).Error; err != nil {
		return nil, wrap(ctx, "list deliveries", err)
	}
	list := make([]Delivery, 0, len(rows))
	for _, r := range rows {
		list = append(list, deliveryOf(r))
	}
	return list, nil
}

// Delivery is one of an endpoint; ErrNotFound.
func (s *Store) Delivery(ctx context.Context, endpointID, id string) (Delivery, error) {
	var row deliveryRow
	err := s.read(ctx).Where("endpoint_id = ? AND id = ?", endpointID, id).Take(&row).Error
	return deliveryOf(row), wrap(ctx, "read a delivery", err)
}

// Backlog is what an endpoint has not got.
type Backlog struct {
	Waiting int64     // pending and late
	Dead    int64     // tried for the last time
	Oldest  time.Time // when the oldest that waits was put on its way; zero: none does
}

// Backlogs are what endpoints have not got, by their IDs; an endpoint that has got all is left out.
func (s *Store) Backlogs(ctx context.Context) (map[string]Backlog, error) {
	var rows []struct {
		EndpointID string
		State      string
		N          int64
		Oldest     int64
	}
	err := s.read(ctx).Raw(`SELECT d.endpoint_id, d.state, COUNT(*) AS n, COALESCE(MIN(e.at), 0) AS oldest FROM deliveries AS d
		LEFT JOIN event_log AS e ON e.device_id = d.device_id AND e.seq = d.seq
		WHERE d.state IN ? GROUP BY d.endpoint_id, d.state`, []string{DeliveryPending, DeliveryLate, DeliveryDead}).Scan(&rows).Error
	if err != nil {
		return nil, wrap(ctx, "count deliveries", err)
	}
	out := make(map[string]Backlog)
	for _, r := range rows {
		b := out[r.EndpointID]
		if r.State == DeliveryDead {
			b.Dead = r.N
		} else {
			b.Waiting += r.N
			if at := momentOf(r.Oldest); !at.IsZero() && (b.Oldest.IsZero() || at.Before(b.Oldest)) {
				b.Oldest = at
			}
		}
		out[r.EndpointID] = b
	}
	return out, nil
}

// ReplayFilter says which deliveries of an endpoint are to be sent again.
type ReplayFilter struct {
	ID       string    // this one
	Dead     bool      // all that were given up
	From, To time.Time // those of events from then until before then, whatever became of them
}

// Replay sends deliveries that are over once more, in the order of their events, and returns
// how many. Those that still wait are tried at once where they are named.
func (s *Store) Replay(ctx context.Context, endpointID string, f ReplayFilter) (n int64, err error) {
	over := []string{DeliveryDone, DeliveryDead, DeliverySkipped, DeliveryLate}
	doing := "replay deliveries"
	err = s.tx(ctx, doing, func(tx *gorm.DB) error {
		q := tx.Model(&deliveryRow{}).Where("endpoint_id = ?", endpointID)
		switch {
		case f.ID != "":
			q = q.Where("id = ?", f.ID)
		case f.Dead:
			q = q.Where("state = ?", DeliveryDead)
		default:
			q = q.Where("state IN ?", over).Where(`EXISTS (SELECT 1 FROM event_log AS e WHERE e.device_id = deliveries.device_id
				AND e.seq = deliveries.seq AND e.at >= ? AND e.at < ?)`, f.From.UnixMilli(), f.To.UnixMilli())
		}
		// What was delivered before is late: the chat does not wait for it again.
		res := q.Updates(map[string]any{"state": DeliveryLate, "tries": 0, "part": 0, "next_at": s.nowMilli(), "done_at": 0})
		n = res.RowsAffected
		if res.Error != nil || n == 0 {
			return res.Error
		}
		return tx.Model(&endpointRow{}).Where("id = ?", endpointID).Update("probe_at", 0).Error
	})
	if err := s.settle(ctx, doing, err); err != nil {
		return 0, err
	}
	if f.ID != "" && n == 0 {
		return 0, ErrNotFound
	}
	if s.onDeliveries != nil && n > 0 {
		s.onDeliveries(map[string]bool{endpointID: true})
	}
	return n, nil
}

// How long deliveries that are over are kept.
const (
	keptDelivered = 3 * 24 * time.Hour
	keptDead      = 14 * 24 * time.Hour
)

// sweepDeliveries removes deliveries that were over for long, and gives up those that an
// endpoint that is paused or gone has not fetched for as long as the dead are kept.
func (s *Store) sweepDeliveries(ctx context.Context) (all int64, err error) {
	now := s.now()
	old, ancient := now.Add(-keptDelivered).UnixMilli(), now.Add(-keptDead).UnixMilli()
	n, err := s.sweep(ctx, "forget deliveries", `DELETE FROM deliveries WHERE id IN (SELECT id FROM deliveries
		WHERE state IN (?, ?) AND done_at < ? OR state = ? AND done_at < ? OR state IN (?, ?) AND next_at < ? AND endpoint_id IN
		(SELECT id FROM endpoints WHERE state <> ?) LIMIT ?)`,
		DeliveryDone, DeliverySkipped, old, DeliveryDead, ancient, DeliveryPending, DeliveryLate, ancient, EndpointActive)
	return n, err
}

// Attempt is one try of a delivery.
type Attempt struct {
	At     time.Time
	Took   time.Duration
	Status int    // of HTTP; 0: there was no answer
	Error  string // why there was none
	Answer []byte // its beginning
	Sent   []byte // the beginning of what was sent
}

// keptAttempts is how many of the tries of a delivery are kept.
const keptAttempts = 20

// Next is what follows from an attempt.
type Next struct {
	State string    // of the delivery
	At    time.Time // of the next try, when there is one
	Part  int       // how many of the delivery's bodies have arrived
	// Gone: the endpoint wants nothing any more.
	Gone bool
	// Unloved: the endpoint answers what it does not know with an error. That says nothing
	// about its health.
	Unloved bool
	// Breaker is after how many failures in a row the endpoint is tried only now and then:
	// not again before Probe.
	Breaker int
	Probe   time.Time
}

// Noted is a try of a delivery and what follows from it.
type Noted struct {
	Delivery Delivery
	Attempt  Attempt
	Next     Next
}

const (
	overQuery  = `UPDATE deliveries SET state = ?, tries = ?, part = ?, done_at = ? WHERE id = ?`
	againQuery = `UPDATE deliveries SET state = ?, tries = ?, part = ?, next_at = ? WHERE id = ?`

	newAttemptQuery = `INSERT INTO attempts (id, delivery_id, at, took, status, error, answer, sent) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`

	// An attempt's ID sorts by its time.
	oldAttemptsQuery = `DELETE FROM attempts WHERE delivery_id = ? AND id NOT IN
		(SELECT id FROM attempts WHERE delivery_id = ? ORDER BY id DESC LIMIT ?)`
)

// NoteAttempts stores tries of deliveries, in their order, in one transaction. A delivery
// whose endpoint was deleted meanwhile is left out.
func (s *Store) NoteAttempts(ctx context.Context, list []Noted) error {
	rows := make([]attemptRow, len(list))
	gone := false
	for i, n := range list {
		a := n.Attempt
		rows[i] = attemptRow{
			ID: s.ids.next(s.now()), DeliveryID: n.Delivery.ID, At: a.At.UnixMilli(), Took: a.Took.Milliseconds(), Status: a.Status, Error: rules.Clip(a.Error, 300),
		}
		var err error
		if rows[i].Answer, err = s.vault.SealData(n.Delivery.DeviceID, rows[i].ID, a.Answer); err != nil {
			return err
		}
		if rows[i].Sent, err = s.vault.SealData(n.Delivery.DeviceID, rows[i].ID+"/sent", a.Sent); err != nil {
			return err
		}
		gone = gone || n.Next.Gone
	}
	err := s.tx(ctx, "note attempts", func(tx *gorm.DB) error {
		b := s.batch(tx)
		well := make(map[string]bool) // endpoints whose newest try, of these, is noted as a success
		for i, n := range list {
			found, err := b.noteAttempt(n, rows[i])
			if err != nil {
				return err
			}
			if !found || well[n.Delivery.EndpointID] && n.Next.State == DeliveryDone {
				continue
			}
			if err := s.health(tx, n.Delivery.EndpointID, n.Attempt, n.Next); err != nil {
				return err
			}
			if n.Next.State != DeliverySkipped {
				well[n.Delivery.EndpointID] = n.Next.State == DeliveryDone
			}
		}
		return nil
	})
	if gone {
		s.endpoints.reset()
	}
	return err
}

// noteAttempt writes one try; false: its delivery is not there any more.
func (b *batch) noteAttempt(n Noted, row attemptRow) (found bool, err error) {
	d, next := n.Delivery, n.Next
	query, at := overQuery, b.now
	if !next.At.IsZero() {
		query, at = againQuery, next.At.UnixMilli()
	}
	changed, err := b.exec(query, next.State, d.Tries+1, next.Part, at, d.ID)
	if err != nil || changed == 0 {
		return false, err
	}
	if _, err := b.exec(newAttemptQuery, row.ID, row.DeliveryID, row.At, row.Took, row.Status, row.Error, row.Answer, row.Sent); err != nil {
		return false, err
	}
	if d.State != DeliveryPending { // the others have few, and were never replayed
		_, err = b.exec(oldAttemptsQuery, d.ID, d.ID, keptAttempts)
	}
	return true, err
}

// health notes how an endpoint is.
func (s *Store) health(tx *gorm.DB, endpointID string, a Attempt, next Next) error {
	q := tx.Model(&endpointRow{}).Where("id = ?", endpointID)
	said := a.Error
	if said == "" {
		said = "HTTP " + strconv.Itoa(a.Status)
	}
	failed := map[string]any{"failed_at": s.nowMilli(), "last_error": rules.Clip(said, 300)}
	switch {
	case next.State == DeliverySkipped: // nothing was sent
		return nil
	case next.State == DeliveryDone:
		return q.Updates(map[string]any{"failures": 0, "probe_at": 0, "succeeded_at": s.nowMilli()}).Error
	case next.Gone:
		failed["state"] = EndpointGone
		return q.Updates(failed).Error
	case next.Unloved:
		return q.Updates(failed).Error
	}
	failed["failures"] = gorm.Expr("failures + 1")
	if err := q.Updates(failed).Error; err != nil {
		return err
	}
	return tx.Model(&endpointRow{}).Where("id = ? AND failures >= ?", endpointID, next.Breaker).Update("probe_at", next.Probe.UnixMilli()).Error
}

// Attempts are the tries of a delivery that are kept, oldest first.
func (s *Store) Attempts(ctx context.Context, d Delivery) ([]Attempt, error) {
	var rows []attemptRow
	if err := s.read(ctx).Where("delivery_id = ?", d.ID).Order("id").Find(&rows).Error; err != nil {
		return nil, wrap(ctx, "list attempts", err)
	}
	list := make([]Attempt, 0, len(rows))
	for _, r := range rows {
		answer, err := s.vault.OpenData(d.DeviceID, r.ID, r.Answer)
		if err != nil {
			return nil, err
		}
		sent, err := s.vault.OpenData(d.DeviceID, r.ID+"/sent", r.Sent)
		if err != nil {
			return nil, err
		}
		list = append(list, Attempt{At: fromMilli(r.At), Took: time.Duration(r.Took) * time.Millisecond, Status: r.Status, Error: r.Error, Answer: answer, Sent: sent})
	}
	return list, nil
}
