package models

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"time"
	"unicode/utf8"

	"gorm.io/gorm"

	"wadah/models/rules"
	"wadah/models/vault"
)

// Device is a slot with a name and keys that can be linked to one WhatsApp account.
type Device struct {
	ID   string
	Name string // 1 to 60 characters, unique whatever the case
	Note string
	// Desired is whether the owner wants it on.
	Desired bool
	// JID is the address of the linked device, such as "6281234567890:3@s.whatsapp.net";
	// empty when it is not linked. No two devices have the same.
	JID      string
	PushName string // the account's display name
	Platform string // what the phone is: "android", "iphone", …
	// OffReason, OffUntil and OffSince say why the device is off, until when that
	// holds (nil: open) and since when; empty when it is not.
	OffReason string
	OffUntil  *time.Time
	OffSince  *time.Time
	// Default marks the one device that serves API requests without a key.
	Default bool
	// LinkedName is what a phone calls it in its list of linked devices; empty for what the
	// installation calls all.
	LinkedName string
	// Proxy is the URL of the proxy for this device, which may hold a password;
	// empty for none. It is sealed at rest.
	Proxy       string
	LinkedAt    *time.Time
	LastAliveAt *time.Time // when it was last known to be connected
	CreatedAt   time.Time
	UpdatedAt   time.Time
}

// LogValue keeps the phone number, the proxy's password and free text out of logs.
func (d Device) LogValue() slog.Value {
	return slog.GroupValue(slog.String("id", d.ID), slog.String("name", d.Name))
}

type deviceRow struct {
	ID          string `gorm:"primaryKey"`
	Name        string
	NameKey     string
	Note        string
	Desired     bool
	JID         *string `gorm:"column:jid"`
	PushName    string
	Platform    string
	OffReason   string
	OffUntil    *int64
	OffSince    *int64
	IsDefault   *bool // true or NULL, unique: at most one row has it
	LinkedName  string
	Proxy       []byte
	LinkedAt    *int64
	LastAliveAt *int64
	CreatedAt   int64 `gorm:"autoCreateTime:false"`
	UpdatedAt   int64 `gorm:"autoUpdateTime:false"`
}

func (deviceRow) TableName() string { return "devices" }

func (s *Store) device(row deviceRow) (Device, error) {
	d := Device{
		ID: row.ID, Name: row.Name, Note: row.Note, Desired: row.Desired, LinkedName: row.LinkedName,
		PushName: row.PushName, Platform: row.Platform,
		OffReason: row.OffReason, OffUntil: fromMilliPtr(row.OffUntil), OffSince: fromMilliPtr(row.OffSince),
		Default:  row.IsDefault != nil && *row.IsDefault,
		LinkedAt: fromMilliPtr(row.LinkedAt), LastAliveAt: fromMilliPtr(row.LastAliveAt),
		CreatedAt: fromMilli(row.CreatedAt), UpdatedAt: fromMilli(row.UpdatedAt),
	}
	if row.JID != nil {
		d.JID = *row.JID
	}
	if len(row.Proxy) > 0 {
		var err error
		if d.Proxy, err = s.vault.Unseal(vault.ForProxy, row.ID, row.Proxy); err != nil {
			return Device{}, err
		}
	}
	return d, nil
}

// CreateDevice stores a new device and its first API key, both or neither. The
// key's Value is the plain key. An *Invalid when the name is unfit or taken.
func (s *Store) CreateDevice(ctx context.Context, name string) (Device, APIKey, error) {
	name, err := rules.Name(name)
	if err != nil {
		return Device{}, APIKey{}, err
	}
	now := s.now()
	row := deviceRow{
		ID: s.ids.next(now), Name: name, NameKey: rules.NameKey(name),
		CreatedAt: now.UnixMilli(), UpdatedAt: now.UnixMilli(),
	}
	keyRow, key, err := s.newKey(row.ID, firstKeyName, nil, Rights{})
	if err != nil {
		return Device{}, APIKey{}, err
	}
	err = s.tx(ctx, "create device", func(tx *gorm.DB) error {
		if err := tx.Create(&row).Error; err != nil {
			return takenOr(err)
		}
		return tx.Create(&keyRow).Error
	})
	if err != nil {
		return Device{}, APIKey{}, err
	}
	d, err := s.device(row)
	return d, key, err
}

// takenOr makes a taken name of a unique violation.
func takenOr(err error) error {
	if errors.Is(err, gorm.ErrDuplicatedKey) {
		return rules.NameTaken()
	}
	return err
}

// Device returns one device; ErrNotFound when there is none with this ID.
func (s *Store) Device(ctx context.Context, id string) (Device, error) {
	return s.oneDevice(ctx, "read device", "id = ?", id)
}

// DeviceByName returns the device with this name, whatever its case; ErrNotFound
// when there is none.
func (s *Store) DeviceByName(ctx context.Context, name string) (Device, error) {
	return s.oneDevice(ctx, "read device by name", "name_key = ?", rules.NameKey(name))
}

// DefaultDevice returns the device that serves requests without a key; ErrNotFound
// when none is chosen.
func (s *Store) DefaultDevice(ctx context.Context) (Device, error) {
	return s.oneDevice(ctx, "read default device", "is_default = ?", true)
}

func (s *Store) oneDevice(ctx context.Context, doing, where string, arg any) (Device, error) {
	var row deviceRow
	if err := s.read(ctx).Where(where, arg).Take(&row).Error; err != nil {
		return Device{}, wrap(ctx, doing, err)
	}
	return s.device(row)
}

// Devices returns all devices, oldest first.
func (s *Store) Devices(ctx context.Context) ([]Device, error) {
	var rows []deviceRow
	if err := s.read(ctx).Order("created_at, id").Find(&rows).Error; err != nil {
		return nil, wrap(ctx, "list devices", err)
	}
	devices := make([]Device, 0, len(rows))
	for _, row := range rows {
		d, err := s.device(row)
		if err != nil {
			return nil, err
		}
		devices = append(devices, d)
	}
	return devices, nil
}

// RenameDevice gives a device another name. An *Invalid when it is unfit or taken.
func (s *Store) RenameDevice(ctx context.Context, id, name string) error {
	name, err := rules.Name(name)
	if err != nil {
		return err
	}
	return s.setDevice(ctx, "rename device", id, map[string]any{"name": name, "name_key": rules.NameKey(name)})
}

// SetDeviceNote stores the owner's remark about a device, at most 2000 characters.
func (s *Store) SetDeviceNote(ctx context.Context, id, note string) error {
	note = strings.TrimSpace(strings.ToValidUTF8(note, "\uFFFD"))
	if utf8.RuneCountInString(note) > rules.MaxNoteLength {
		return rules.Refuse("note", "note_too_long", "The note has more than 2000 characters.")
	}
	return s.setDevice(ctx, "store device note", id, map[string]any{"note": note})
}

// SetDeviceProxy stores the proxy of a device, sealed; empty for none. What a
// proxy may look like is the driver's business.
func (s *Store) SetDeviceProxy(ctx context.Context, id, proxy string) error {
	var sealed []byte
	if proxy != "" {
		var err error
		if sealed, err = s.vault.Seal(vault.ForProxy, id, proxy); err != nil {
			return err
		}
	}
	return s.setDevice(ctx, "store device proxy", id, map[string]any{"proxy": sealed})
}

// SetLinkedName stores what phones call a device from the next linking on, in the form of a
// device's name; empty for what the installation calls all. An *Invalid when it is unfit.
func (s *Store) SetLinkedName(ctx context.Context, id, name string) error {
	name, err := linkedName(name)
	if err != nil {
		return err
	}
	return s.setDevice(ctx, "store the name on the phone", id, map[string]any{"linked_name": name})
}

func linkedName(name string) (string, error) {
	if strings.TrimSpace(name) == "" {
		return "", nil
	}
	return rules.Name(name)
}

const linkedNameSetting = "linked_name"

// SetLinkedNames stores what phones call all devices that have no name of their own there;
// empty for the product's. An *Invalid when it is unfit.
func (s *Store) SetLinkedNames(ctx context.Context, name string) error {
	name, err := linkedName(name)
	if err != nil {
		return err
	}
	return s.SetSetting(ctx, linkedNameSetting, name)
}

// LinkedNames is what SetLinkedNames stored.
func (s *Store) LinkedNames(ctx context.Context) (string, error) {
	name, err := s.Setting(ctx, linkedNameSetting)
	if errors.Is(err, ErrNotFound) {
		return "", nil
	}
	return name, err
}

// LinkedName is what a phone is to call a device that is linked now; empty for the product's
// name.
func (s *Store) LinkedName(ctx context.Context, id string) (string, error) {
	d, err := s.Device(ctx, id)
	if err != nil || d.LinkedName != "" {
		return d.LinkedName, err
	}
	return s.LinkedNames(ctx)
}

// DeleteDevice removes a device with its keys and events.
func (s *Store) DeleteDevice(ctx context.Context, id string) error {
	defer s.keys.reset()
	res := s.write(ctx).Where("id = ?", id).Delete(&deviceRow{})
	return s.settle(ctx, "delete device", changed(ctx, "delete device", res))
}

// SetDefaultDevice chooses the device that serves requests without a key; an empty
// ID for none.
func (s *Store) SetDefaultDevice(ctx context.Context, id string) error {
	doing := "choose the default device"
	return s.tx(ctx, doing, func(tx *gorm.DB) error {
		err := tx.Model(&deviceRow{}).Where("is_default = ?", true).Update("is_default", nil).Error
		if err != nil || id == "" {
			return err
		}
		return changed(ctx, doing, tx.Model(&deviceRow{}).Where("id = ?", id).
			Updates(map[string]any{"is_default": true, "updated_at": s.nowMilli()}))
	})
}

// setDevice changes columns of one device.
func (s *Store) setDevice(ctx context.Context, doing, id string, columns map[string]any) error {
	columns["updated_at"] = s.nowMilli()
	res := s.write(ctx).Model(&deviceRow{}).Where("id = ?", id).Updates(columns)
	if _, named := columns["name"]; named {
		res.Error = takenOr(res.Error)
	}
	return changed(ctx, doing, res)
}
