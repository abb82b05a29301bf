package models

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"slices"
	"strings"
	"sync"
	"time"

	"gorm.io/gorm"

	"wadah/models/rules"
)

// Endpoint is an address of a program's that gets events (a webhook).
type Endpoint struct {
	ID          string
	DeviceID    string // "": events of all devices
	URL         string
	Events      []string // types of events; none: all
	State       string   // one of the Endpoint constants
	Failures    int      // in a row
	SucceededAt time.Time
	CreatedAt   time.Time
	// Secrets sign what is sent, each for itself: the one of now, and while it still counts
	// the one before. Only from OpenEndpoint.
	Secrets []string
}

// What an endpoint can be.
const (
	EndpointActive = "active"
	EndpointGone   = "gone" // it has said that it wants nothing any more
)

// Limits of endpoints.
const (
	MaxEndpoints = 50 // of one device, and of the installation
	maxURL       = 2000
)

type endpointRow struct {
	ID            string `gorm:"primaryKey"`
	DeviceID      *string
	URL           []byte `gorm:"column:url"`
	Events        string
	Secret        []byte
	Previous      []byte
	PreviousUntil int64
	State         string
	Failures      int64
	ProbeAt       int64
	SucceededAt   int64
	CreatedAt     int64 `gorm:"autoCreateTime:false"`
}

func (endpointRow) TableName() string { return "endpoints" }

const (
	purposeEndpointURL    = "endpoint-url" // addresses often carry what opens them
	purposeEndpointSecret = "endpoint-secret"
)

// AddEndpoint makes an endpoint of a device, or of the installation when deviceID is "". The
// caller has checked where url leads. The secret is in Secrets, this once.
func (s *Store) AddEndpoint(ctx context.Context, deviceID, url string, events []string) (Endpoint, error) {
	if url == "" || len(url) > maxURL {
		return Endpoint{}, rules.Refuse("url", "url_invalid", "An address has 1 to 2000 characters.")
	}
	now := s.now()
	secret := "whsec_" + base64.StdEncoding.EncodeToString(randomBytes(32))
	row := endpointRow{ID: s.ids.next(now), Events: strings.Join(events, ","), State: EndpointActive, CreatedAt: now.UnixMilli()}
	if deviceID != "" {
		row.DeviceID = &deviceID
	}
	var err error
	if row.URL, err = s.vault.Seal(purposeEndpointURL, row.ID, url); err != nil {
		return Endpoint{}, err
	}
	if row.Secret, err = s.vault.Seal(purposeEndpointSecret, row.ID, secret); err != nil {
		return Endpoint{}, err
	}
	doing := "add endpoint"
	err = s.tx(ctx, doing, func(tx *gorm.DB) error {
		var n int64
		if err := ofDevice(tx.Model(&endpointRow{}), deviceID).Count(&n).Error; err != nil {
			return err
		}
		if n >= MaxEndpoints {
			return rules.Refuse("url", "endpoints_full", "There are 50 webhooks already. Delete one first.")
		}
		return tx.Create(&row).Error
	})
	if err := s.settle(ctx, doing, err); err != nil {
		return Endpoint{}, err
	}
	s.endpoints.reset()
	e, err := s.endpointOf(row)
	e.Secrets = []string{secret}
	return e, err
}

func randomBytes(n int) []byte {
	b := make([]byte, n)
	rand.Read(b) // never fails: crypto/rand ends the process instead
	return b
}

func ofDevice(q *gorm.DB, deviceID string) *gorm.DB {
	if deviceID == "" {
		return q.Where("device_id IS NULL")
	}
	return q.Where("device_id = ?", deviceID)
}

// Endpoints are those of a device, or of the installation when deviceID is "", oldest first.
func (s *Store) Endpoints(ctx context.Context, deviceID string) ([]Endpoint, error) {
	var rows []endpointRow
	if err := ofDevice(s.read(ctx), deviceID).Order("id").Find(&rows).Error; err != nil {
		return nil, wrap(ctx, "list endpoints", err)
	}
	list := make([]Endpoint, 0, len(rows))
	for _, row := range rows {
		e, err := s.endpointOf(row)
		if err != nil {
			return nil, err
		}
		list = append(list, e)
	}
	return list, nil
}

// OpenEndpoint is an endpoint with the secrets that sign what it gets; ErrNotFound.
func (s *Store) OpenEndpoint(ctx context.Context, id string) (Endpoint, error) {
	var row endpointRow
	if err := s.read(ctx).Where("id = ?", id).Take(&row).Error; err != nil {
		return Endpoint{}, wrap(ctx, "open endpoint", err)
	}
	e, err := s.endpointOf(row)
	if err != nil {
		return Endpoint{}, err
	}
	sealed := [][]byte{row.Secret}
	if row.PreviousUntil > s.nowMilli() {
		sealed = append(sealed, row.Previous)
	}
	for _, b := range sealed {
		secret, err := s.vault.Unseal(purposeEndpointSecret, row.ID, b)
		if err != nil {
			return Endpoint{}, err
		}
		e.Secrets = append(e.Secrets, secret)
	}
	return e, nil
}

// DeleteEndpoint removes an endpoint with its deliveries; ErrNotFound when there is none of
// this device (or the installation, "") with this ID.
func (s *Store) DeleteEndpoint(ctx context.Context, deviceID, id string) error {
	defer s.endpoints.reset()
	res := ofDevice(s.write(ctx).Where("id = ?", id), deviceID).Delete(&endpointRow{})
	return s.settle(ctx, "delete endpoint", changed(ctx, "delete endpoint", res))
}

func (s *Store) endpointOf(row endpointRow) (Endpoint, error) {
	url, err := s.vault.Unseal(purposeEndpointURL, row.ID, row.URL)
	return Endpoint{
		ID: row.ID, DeviceID: text(row.DeviceID), URL: url, Events: listed(row.Events), State: row.State,
		Failures: int(row.Failures), SucceededAt: fromMilli(row.SucceededAt), CreatedAt: fromMilli(row.CreatedAt),
	}, err
}

func listed(joined string) []string {
	if joined == "" {
		return nil
	}
	return strings.Split(joined, ",")
}

// wanting is what an endpoint wants to get.
type wanting struct {
	id, device string
	events     []string
}

// matching are the IDs of those among the endpoints that an event of this type concerns.
func matching(among []wanting, device, kind string) (ids []string) {
	for _, e := range among {
		if (e.device == "" || e.device == device) && (len(e.events) == 0 || slices.Contains(e.events, kind)) {
			ids = append(ids, e.id)
		}
	}
	return ids
}

// endpointCache remembers what active endpoints want, for the transaction of each message.
// The process that changes endpoints is the one that stores messages; what another one has
// changed counts after trustFor.
type endpointCache struct {
	mu    sync.Mutex
	known []wanting
	at    time.Time
}

func (c *endpointCache) reset() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = time.Time{}
}

// wanted is what active endpoints want, read in the transaction of tx when it is not known.
func (c *endpointCache) wanted(now time.Time, tx *gorm.DB) ([]wanting, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if age := now.Sub(c.at); age >= 0 && age < trustFor {
		return c.known, nil
	}
	var rows []endpointRow
	if err := tx.Select("id", "device_id", "events").Where("state = ?", EndpointActive).Order("id").Find(&rows).Error; err != nil {
		return nil, err
	}
	c.known, c.at = nil, now
	for _, r := range rows {
		c.known = append(c.known, wanting{r.ID, text(r.DeviceID), listed(r.Events)})
	}
	return c.known, nil
}
