package models

import (
	"context"
	"slices"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"wadah/models/passwords"
	"wadah/models/rules"
)

// Roles of users: an admin may do everything, an operator runs devices, a viewer
// looks.
const (
	RoleAdmin    = "admin"
	RoleOperator = "operator"
	RoleViewer   = "viewer"
)

// User is a person who may sign in to the panel.
type User struct {
	ID    string
	Name  string // 1 to 40 letters, digits and . _ - @, unique whatever the case
	Role  string // RoleAdmin, RoleOperator or RoleViewer
	Lang  string // the language of the panel; empty: the browser's
	Theme string // "light", "dark"; empty: the browser's
	Zone  string // IANA name of the time zone times are shown in, "auto"; empty: none chosen
	// PasswordAt is when the password was last set.
	PasswordAt time.Time
	// PasswordDue says that somebody else has set it, so that another one is to be chosen.
	PasswordDue bool
	AllDevices  bool // sees every device, also those to come, without being assigned to any
	CreatedAt   time.Time
	UpdatedAt   time.Time
}

type userRow struct {
	ID           string `gorm:"primaryKey"`
	Name         string
	NameKey      string
	Role         string
	PasswordHash string
	Lang         string
	Theme        string
	Zone         string
	CreatedAt    int64 `gorm:"autoCreateTime:false"`
	UpdatedAt    int64 `gorm:"autoUpdateTime:false"`
	PasswordAt   int64
	PasswordDue  bool
	AllDevices   bool
}

func (userRow) TableName() string { return "users" }

func (r userRow) user() User {
	return User{
		ID: r.ID, Name: r.Name, Role: r.Role, Lang: r.Lang, Theme: r.Theme, Zone: r.Zone,
		PasswordAt: fromMilli(r.PasswordAt), PasswordDue: r.PasswordDue, AllDevices: r.AllDevices, CreatedAt: fromMilli(r.CreatedAt), UpdatedAt: fromMilli(r.UpdatedAt),
	}
}

// newUser checks everything about a user to be and hashes the password.
func (s *Store) newUser(ctx context.Context, name, password, role string) (userRow, error) {
	name, err := rules.UserName(name)
	if err != nil {
		return userRow{}, err
	}
	if err := checkRole(role); err != nil {
		return userRow{}, err
	}
	if err := passwords.Check(password, name); err != nil {
		return userRow{}, err
	}
	hash, err := s.hash.Create(ctx, password)
	if err != nil {
		return userRow{}, err
	}
	now := s.now()
	return userRow{
		ID: s.ids.next(now), Name: name, NameKey: rules.UserKey(name), Role: role, PasswordHash: hash,
		CreatedAt: now.UnixMilli(), UpdatedAt: now.UnixMilli(), PasswordAt: now.UnixMilli(),
	}, nil
}

func checkRole(role string) error {
	if !slices.Contains([]string{RoleAdmin, RoleOperator, RoleViewer}, role) {
		return rules.Refuse("role", "role_unknown", "The role must be admin, operator or viewer.")
	}
	return nil
}

// CreateFirstAdmin creates the admin of a new installation. ErrConflict when any
// user exists; of several callers at once exactly one succeeds.
func (s *Store) CreateFirstAdmin(ctx context.Context, name, password string) (User, error) {
	// Asked before the costly hash, so that nobody can burn CPU on a finished
	// installation; asked again in the transaction, where it counts.
	if n, err := s.CountUsers(ctx); err != nil {
		return User{}, err
	} else if n > 0 {
		return User{}, errNotFirst()
	}
	row, err := s.newUser(ctx, name, password, RoleAdmin)
	if err != nil {
		return User{}, err
	}
	err = s.tx(ctx, "create first admin", func(tx *gorm.DB) error {
		if err := s.lockUsers(tx); err != nil {
			return err
		}
		var n int64
		if err := tx.Model(&userRow{}).Count(&n).Error; err != nil {
			return err
		}
		if n > 0 {
			return errNotFirst()
		}
		return tx.Create(&row).Error
	})
	if err != nil {
		return User{}, err
	}
	return row.user(), nil
}

func errNotFirst() error {
	return faultf(ErrConflict, nil, "the installation has users already")
}

// lockUsers lets one transaction at a time decide by how many users there are.
// SQLite has one writer anyway; other databases lock the row.
func (s *Store) lockUsers(tx *gorm.DB) error {
	row := settingRow{Name: "users_lock", UpdatedAt: s.nowMilli()}
	return tx.Clauses(clause.OnConflict{
		Columns:   []clause.Column{{Name: "name"}},
		DoUpdates: clause.AssignmentColumns([]string{"updated_at"}),
	}).Create(&row).Error
}

// CreateUser adds a user. An *Invalid when a value is unfit, or the name is taken or
// looks like one that is.
func (s *Store) CreateUser(ctx context.Context, name, password, role string) (User, error) {
	row, err := s.newUser(ctx, name, password, role)
	if err != nil {
		return User{}, err
	}
	err = s.tx(ctx, "create user", func(tx *gorm.DB) error { return s.addUser(tx, &row) })
	if err != nil {
		return User{}, err
	}
	return row.user(), nil
}

// addUser stores a user to be, unless the name is taken or looks like one that is.
func (s *Store) addUser(tx *gorm.DB, row *userRow) error {
	if err := s.lockUsers(tx); err != nil {
		return err
	}
	var names []string
	if err := tx.Model(&userRow{}).Pluck("name", &names).Error; err != nil {
		return err
	}
	if err := rules.NameAmong(row.Name, names); err != nil {
		return err
	}
	return takenOr(tx.Create(row).Error)
}

// Users returns all users, oldest first.
func (s *Store) Users(ctx context.Context) ([]User, error) {
	var rows []userRow
	if err := s.read(ctx).Order("created_at, id").Find(&rows).Error; err != nil {
		return nil, wrap(ctx, "list users", err)
	}
	users := make([]User, 0, len(rows))
	for _, r := range rows {
		users = append(users, r.user())
	}
	return users, nil
}

// CountUsers returns how many users there are.
func (s *Store) CountUsers(ctx context.Context) (int, error) {
	var n int64
	err := s.read(ctx).Model(&userRow{}).Count(&n).Error
	return int(n), wrap(ctx, "count users", err)
}

// User returns one user; ErrNotFound when there is none with this ID.
func (s *Store) User(ctx context.Context, id string) (User, error) {
	var row userRow
	err := s.read(ctx).Where("id = ?", id).Take(&row).Error
	if err != nil {
		return User{}, wrap(ctx, "read user", err)
	}
	return row.user(), nil
}

// UserByName returns the user with this name, whatever its case and width; ErrNotFound
// when there is none.
func (s *Store) UserByName(ctx context.Context, name string) (User, error) {
	row, err := s.userRowByName(ctx, name)
	if err != nil {
		return User{}, err
	}
	return row.user(), nil
}

func (s *Store) userRowByName(ctx context.Context, name string) (userRow, error) {
	var row userRow
	// A name of before user names were folded may have full-width letters: as it is written
	// it finds itself, and before the other.
	exact := rules.NameKey(name)
	err := s.read(ctx).Where("name_key IN ?", []string{exact, rules.UserKey(name)}).
		Order(clause.OrderBy{Expression: clause.Expr{SQL: "name_key = ? DESC", Vars: []any{exact}, WithoutParentheses: true}}).
		Take(&row).Error
	return row, wrap(ctx, "read user by name", err)
}
