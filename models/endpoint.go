package models

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"sync"
	"time"

	"gorm.io/gorm"

	"wadah/models/rules"
)

// EndpointChoices are what one can choose of an endpoint.
type EndpointChoices struct {
	URL    string
	Events []string // types of events; none: all
	Format string   // of what is sent: one of the Format constants
	// Kinds are the types of bodies that are wanted, where the format has types of its own;
	// none: all.
	Kinds    []string
	Files    bool              // messages with files, too
	Identify string            // how a body names the device: one of the Identify constants
	Headers  map[string]string // sent with each body
	Hub      bool              // signed as GitHub does, too: X-Hub-Signature-256
}

// Endpoint is an address of a program's that gets events (a webhook).
type Endpoint struct {
	ID       string
	DeviceID string // "": events of all devices
	EndpointChoices
	Family      bool   // made through the fields of the product family's editDevice
	State       string // one of the Endpoint constants
	Failures    int    // in a row
	SucceededAt time.Time
	FailedAt    time.Time
	LastError   string // of FailedAt
	CreatedAt   time.Time
	// PreviousUntil is how long the secret before counts, too; zero: there is none.
	PreviousUntil time.Time
	// Secrets sign what is sent, each for itself: the one of now, and while it still counts
	// the one before. Only from OpenEndpoint.
	Secrets []string
}

// What an endpoint can be.
const (
	EndpointActive = "active"
	EndpointPaused = "paused" // what it should get waits
	EndpointGone   = "gone"   // it has said that it wants nothing any more
)

// What is sent, and how it names the device.
const (
	FormatWadah = "wadah"
	FormatWHAPI = "whapi"

	IdentifyID  = "id"
	IdentifyKey = "apiKey"
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
	Format        string
	Kinds         string
	Files         bool
	Identify      string
	Headers       []byte
	Hub           bool
	Family        bool
	FailedAt      int64
	LastError     string
}

func (endpointRow) TableName() string { return "endpoints" }

const (
	purposeEndpointURL    = "endpoint-url" // addresses often carry what opens them
	purposeEndpointSecret = "endpoint-secret"
	purposeHeaders        = "endpoint-headers"
)

// AddEndpoint makes an endpoint of a device, or of the installation when deviceID is "". The
// caller has checked where its URL leads. The secret is in Secrets, this once.
func (s *Store) AddEndpoint(ctx context.Context, deviceID string, c EndpointChoices) (Endpoint, error) {
	return s.addEndpoint(ctx, deviceID, c, false)
}

func (s *Store) addEndpoint(ctx context.Context, deviceID string, c EndpointChoices, family bool) (Endpoint, error) {
	now := s.now()
	row := endpointRow{ID: s.ids.next(now), State: EndpointActive, CreatedAt: now.UnixMilli(), Family: family}
	if deviceID != "" {
		row.DeviceID = &deviceID
	}
	if err := s.choose(&row, c); err != nil {
		return Endpoint{}, err
	}
	secret, sealed, err := s.newSecret(row.ID)
	if err != nil {
		return Endpoint{}, err
	}
	row.Secret = sealed
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

// newSecret is a secret of an endpoint, plain and sealed.
func (s *Store) newSecret(id string) (secret string, sealed []byte, err error) {
	secret = "whsec_" + base64.StdEncoding.EncodeToString(randomBytes(32))
	sealed, err = s.vault.Seal(purposeEndpointSecret, id, secret)
	return secret, sealed, err
}

// choose puts what was chosen into a row, or refuses it.
func (s *Store) choose(row *endpointRow, c EndpointChoices) (err error) {
	if c.Format == "" {
		c.Format = FormatWadah
	}
	if c.Identify == "" {
		c.Identify = IdentifyID
	}
	if c.URL == "" || len(c.URL) > maxURL {
		return rules.Refuse("url", "url_invalid", "An address has 1 to 2000 characters.")
	}
	row.Events, row.Kinds = strings.Join(c.Events, ","), strings.Join(c.Kinds, ",")
	if len(row.Events) > 400 || len(row.Kinds) > 400 {
		return rules.Refuse("events", "events_invalid", "Name each type of event once.")
	}
	row.Format, row.Files, row.Identify, row.Hub = c.Format, c.Files, c.Identify, c.Hub
	if row.URL, err = s.vault.Seal(purposeEndpointURL, row.ID, c.URL); err != nil {
		return err
	}
	row.Headers = nil
	if len(c.Headers) == 0 {
		return nil
	}
	text, err := json.Marshal(c.Headers)
	if err != nil {
		return err
	}
	row.Headers, err = s.vault.Seal(purposeHeaders, row.ID, string(text))
	return err
}

// EditEndpoint has change set what is chosen of an endpoint of a device (or of the
// installation, ""), and makes it active, also when it was paused or gone, or pauses it.
func (s *Store) EditEndpoint(ctx context.Context, deviceID, id string, change func(c *EndpointChoices, paused *bool) error) (Endpoint, error) {
	var row endpointRow
	doing := "edit endpoint"
	err := s.tx(ctx, doing, func(tx *gorm.DB) error {
		if err := ofDevice(tx.Where("id = ?", id), deviceID).Take(&row).Error; err != nil {
			return err
		}
		e, err := s.endpointOf(row)
		if err != nil {
			return err
		}
		paused := row.State == EndpointPaused
		was := paused
		if err := change(&e.EndpointChoices, &paused); err != nil {
			return err
		}
		if err := s.choose(&row, e.EndpointChoices); err != nil {
			return err
		}
		switch {
		case paused:
			row.State = EndpointPaused
		case was || row.State == EndpointGone:
			row.State, row.Failures = EndpointActive, 0
		}
		row.ProbeAt = 0
		return tx.Save(&row).Error
	})
	if err := s.settle(ctx, doing, wrap(ctx, doing, err)); err != nil {
		return Endpoint{}, err
	}
	s.endpoints.reset()
	if s.onDeliveries != nil {
		s.onDeliveries(map[string]bool{id: true})
	}
	return s.endpointOf(row)
}

// FamilyEndpoint is the one that the product family's editDevice has made of a device;
// ErrNotFound.
func (s *Store) FamilyEndpoint(ctx context.Context, deviceID string) (Endpoint, error) {
	var row endpointRow
	if err := s.read(ctx).Where("device_id = ? AND family = ?", deviceID, true).Order("id").Take(&row).Error; err != nil {
		return Endpoint{}, wrap(ctx, "open endpoint", err)
	}
	return s.endpointOf(row)
}

// SetFamilyEndpoint makes or changes the endpoint of a device that the product family's
// editDevice speaks of, and deletes it when its URL is "".
func (s *Store) SetFamilyEndpoint(ctx context.Context, deviceID string, c EndpointChoices, on bool) error {
	e, err := s.FamilyEndpoint(ctx, deviceID)
	missing := errors.Is(err, ErrNotFound)
	switch {
	case err != nil && !missing:
		return err
	case c.URL == "" && missing:
		return nil
	case c.URL == "":
		return s.DeleteEndpoint(ctx, deviceID, e.ID)
	case missing:
		if e, err = s.addEndpoint(ctx, deviceID, c, true); err != nil || on {
			return err
		}
	}
	_, err = s.EditEndpoint(ctx, deviceID, e.ID, func(was *EndpointChoices, paused *bool) error {
		was.URL, was.Files, *paused = c.URL, c.Files, !on
		return nil
	})
	return err
}

// RotateEndpointSecret gives an endpoint another secret. The one before signs, too, for
// overlap; 0 ends it at once.
func (s *Store) RotateEndpointSecret(ctx context.Context, deviceID, id string, overlap time.Duration) (Endpoint, error) {
	secret, sealed, err := s.newSecret(id)
	if err != nil {
		return Endpoint{}, err
	}
	var row endpointRow
	doing := "rotate the secret of an endpoint"
	err = s.tx(ctx, doing, func(tx *gorm.DB) error {
		if err := ofDevice(tx.Where("id = ?", id), deviceID).Take(&row).Error; err != nil {
			return err
		}
		row.Previous, row.PreviousUntil = nil, 0
		if overlap > 0 {
			row.Previous, row.PreviousUntil = row.Secret, s.now().Add(overlap).UnixMilli()
		}
		row.Secret = sealed
		return tx.Model(&endpointRow{}).Where("id = ?", id).Updates(map[string]any{
			"secret": row.Secret, "previous": row.Previous, "previous_until": row.PreviousUntil,
		}).Error
	})
	if err := s.settle(ctx, doing, wrap(ctx, doing, err)); err != nil {
		return Endpoint{}, err
	}
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
	e := Endpoint{
		ID: row.ID, DeviceID: text(row.DeviceID), Family: row.Family, State: row.State, Failures: int(row.Failures),
		SucceededAt: momentOf(row.SucceededAt), FailedAt: momentOf(row.FailedAt), LastError: row.LastError,
		CreatedAt: fromMilli(row.CreatedAt), EndpointChoices: EndpointChoices{
			Events: listed(row.Events), Format: row.Format, Kinds: listed(row.Kinds), Files: row.Files, Identify: row.Identify, Hub: row.Hub,
		},
	}
	if row.PreviousUntil > s.nowMilli() {
		e.PreviousUntil = fromMilli(row.PreviousUntil)
	}
	var err error
	if e.URL, err = s.vault.Unseal(purposeEndpointURL, row.ID, row.URL); err != nil || row.Headers == nil {
		return e, err
	}
	plain, err := s.vault.Unseal(purposeHeaders, row.ID, row.Headers)
	if err != nil {
		return e, err
	}
	return e, json.Unmarshal([]byte(plain), &e.Headers)
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

// endpointCache remembers what endpoints want that are active or paused, for the transaction of each message.
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

// wanted is what these endpoints want, read in the transaction of tx when it is not known.
func (c *endpointCache) wanted(now time.Time, tx *gorm.DB) ([]wanting, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if age := now.Sub(c.at); age >= 0 && age < trustFor {
		return c.known, nil
	}
	var rows []endpointRow
	if err := tx.Select("id", "device_id", "events").Where("state IN ?", []string{EndpointActive, EndpointPaused}).Order("id").Find(&rows).Error; err != nil {
		return nil, err
	}
	c.known, c.at = nil, now
	for _, r := range rows {
		c.known = append(c.known, wanting{r.ID, text(r.DeviceID), listed(r.Events)})
	}
	return c.known, nil
}
