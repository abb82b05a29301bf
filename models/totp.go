package models

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base32"
	"encoding/hex"
	"errors"
	"strings"
	"time"
	"unicode"

	"github.com/pquerna/otp"
	"github.com/pquerna/otp/totp"
	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"wadah/models/rules"
)

const (
	purposeTOTP = "totp"
	// totpPeriod is how long a code of an authenticator app is shown (RFC 6238).
	totpPeriod = 30
	// recoveryCodes is how many a user gets.
	recoveryCodes = 10
)

type totpRow struct {
	UserID      string `gorm:"primaryKey"`
	Sealed      []byte
	CreatedAt   int64  `gorm:"autoCreateTime:false"`
	ConfirmedAt *int64 // nil while the user has not shown that the app works
	LastStep    int64  // the newest time step a code was accepted for: none is accepted twice
}

func (totpRow) TableName() string { return "totp_factors" }

type recoveryRow struct {
	ID     string `gorm:"primaryKey"`
	UserID string
	Lookup string // HMAC-SHA256 of user and code
	UsedAt *int64
}

func (recoveryRow) TableName() string { return "recovery_codes" }

// TOTPEnrolment is what an authenticator app needs.
type TOTPEnrolment struct {
	Secret string // base32, to type by hand
	URL    string // otpauth://…, to show as a QR code
}

// EnrolTOTP begins a second factor by authenticator app; it counts once ConfirmTOTP
// has seen a code. Beginning anew replaces an unconfirmed one; ErrConflict when a
// confirmed one exists (RemoveTOTP first).
func (s *Store) EnrolTOTP(ctx context.Context, userID, issuer string) (TOTPEnrolment, error) {
	u, err := s.User(ctx, userID)
	if err != nil {
		return TOTPEnrolment{}, err
	}
	has, err := s.HasTOTP(ctx, userID)
	if err != nil {
		return TOTPEnrolment{}, err
	}
	if has {
		return TOTPEnrolment{}, faultf(ErrConflict, nil, "the user has a second factor")
	}
	key, err := totp.Generate(totp.GenerateOpts{Issuer: issuer, AccountName: u.Name, Period: totpPeriod})
	if err != nil {
		return TOTPEnrolment{}, wrap(ctx, "enrol second factor", err)
	}
	row := totpRow{UserID: userID, CreatedAt: s.nowMilli()}
	if row.Sealed, err = s.vault.Seal(purposeTOTP, userID, key.Secret()); err != nil {
		return TOTPEnrolment{}, err
	}
	err = s.write(ctx).Clauses(clause.OnConflict{UpdateAll: true}).Create(&row).Error
	return TOTPEnrolment{Secret: key.Secret(), URL: key.URL()}, wrap(ctx, "enrol second factor", err)
}

// HasTOTP reports whether a user signs in with a second factor by authenticator app.
func (s *Store) HasTOTP(ctx context.Context, userID string) (bool, error) {
	var n int64
	err := s.read(ctx).Model(&totpRow{}).Where("user_id = ? AND confirmed_at IS NOT NULL", userID).Count(&n).Error
	return n > 0, wrap(ctx, "read second factor", err)
}

// ConfirmTOTP completes an enrolment with a code from the app and returns recovery
// codes, which are not stored in plain. An *Invalid when the code is wrong;
// ErrNotFound when nothing was begun.
func (s *Store) ConfirmTOTP(ctx context.Context, userID, code string) ([]string, error) {
	var codes []string
	err := s.acceptTOTP(ctx, userID, code, false, func(tx *gorm.DB) error {
		if err := tx.Model(&totpRow{}).Where("user_id = ?", userID).Update("confirmed_at", s.nowMilli()).Error; err != nil {
			return err
		}
		var err error
		codes, err = s.newRecoveryCodes(tx, userID)
		return err
	})
	if err != nil {
		return nil, err
	}
	return codes, nil
}

// CheckTOTP accepts a code of the user's app, each at most once. An *Invalid with the
// code "code_wrong" when it is wrong or used.
func (s *Store) CheckTOTP(ctx context.Context, userID, code string) error {
	return s.acceptTOTP(ctx, userID, code, true, nil)
}

func wrongCode() error {
	return rules.Refuse("code", "code_wrong", "This code is wrong or was used before. Wait for the next one and try again.")
}

// acceptTOTP accepts a code of an enrolment that is confirmed or not, and does then
// in the same transaction.
func (s *Store) acceptTOTP(ctx context.Context, userID, code string, confirmed bool, then func(*gorm.DB) error) error {
	code = bareCode(code)
	doing := "check second factor"
	err := s.tx(ctx, doing, func(tx *gorm.DB) error {
		var row totpRow
		if err := tx.Where("user_id = ?", userID).Take(&row).Error; err != nil {
			return err
		}
		if confirmed != (row.ConfirmedAt != nil) {
			return faultf(ErrNotFound, nil, "there is no second factor at this step")
		}
		secret, err := s.vault.Unseal(purposeTOTP, userID, row.Sealed)
		if err != nil {
			return err
		}
		step, ok := matchTOTP(code, secret, s.now())
		if !ok || step <= row.LastStep {
			return wrongCode()
		}
		if err := tx.Model(&totpRow{}).Where("user_id = ?", userID).Update("last_step", step).Error; err != nil {
			return err
		}
		if then == nil {
			return nil
		}
		return then(tx)
	})
	return s.settle(ctx, doing, err)
}

// bareCode is what a code says, without what stands between its characters when it is
// shown, typed or pasted.
func bareCode(code string) string {
	return strings.ToLower(strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || unicode.Is(unicode.Pd, r) {
			return -1
		}
		return r
	}, rules.DropInvisible(code)))
}

// matchTOTP returns the time step a code belongs to: the present one, or its
// neighbours, for clocks that are not quite right.
func matchTOTP(code, secret string, now time.Time) (step int64, ok bool) {
	for _, offset := range []int64{0, -1, 1} {
		at := now.Add(time.Duration(offset*totpPeriod) * time.Second)
		want, err := totp.GenerateCodeCustom(secret, at, totp.ValidateOpts{Period: totpPeriod, Digits: otp.DigitsSix})
		if err == nil && subtle.ConstantTimeCompare([]byte(want), []byte(code)) == 1 {
			return at.Unix() / totpPeriod, true
		}
	}
	return 0, false
}

// RemoveTOTP ends a user's second factor by app, with its recovery codes. It is no
// error when there is none.
func (s *Store) RemoveTOTP(ctx context.Context, userID string) error {
	doing := "remove second factor"
	err := s.tx(ctx, doing, func(tx *gorm.DB) error {
		if err := tx.Where("user_id = ?", userID).Delete(&recoveryRow{}).Error; err != nil {
			return err
		}
		return tx.Where("user_id = ?", userID).Delete(&totpRow{}).Error
	})
	return s.settle(ctx, doing, err)
}

// NewRecoveryCodes replaces a user's recovery codes. ErrNotFound when the user has no
// second factor.
func (s *Store) NewRecoveryCodes(ctx context.Context, userID string) ([]string, error) {
	has, err := s.HasTOTP(ctx, userID)
	if err != nil {
		return nil, err
	}
	if !has {
		return nil, faultf(ErrNotFound, nil, "the user has no second factor")
	}
	var codes []string
	doing := "make recovery codes"
	err = s.tx(ctx, doing, func(tx *gorm.DB) error {
		var err error
		codes, err = s.newRecoveryCodes(tx, userID)
		return err
	})
	if err := s.settle(ctx, doing, err); err != nil {
		return nil, err
	}
	return codes, nil
}

func (s *Store) newRecoveryCodes(tx *gorm.DB, userID string) ([]string, error) {
	if err := tx.Where("user_id = ?", userID).Delete(&recoveryRow{}).Error; err != nil {
		return nil, err
	}
	codes := make([]string, recoveryCodes)
	rows := make([]recoveryRow, recoveryCodes)
	for i := range codes {
		var b [10]byte // 80 bits: 16 characters
		rand.Read(b[:])
		text := strings.ToLower(base32.StdEncoding.EncodeToString(b[:]))
		codes[i] = text[:4] + "-" + text[4:8] + "-" + text[8:12] + "-" + text[12:]
		rows[i] = recoveryRow{ID: s.ids.next(s.now()), UserID: userID, Lookup: s.recoveryLookup(userID, text)}
	}
	return codes, tx.Create(&rows).Error
}

func (s *Store) recoveryLookup(userID, code string) string {
	sum := s.vault.KeyHash("recovery " + userID + " " + code)
	return hex.EncodeToString(sum[:])
}

// UseRecoveryCode accepts one of the user's recovery codes, each once, and returns
// how many are left. An *Invalid with the code "code_wrong" when it is not one.
func (s *Store) UseRecoveryCode(ctx context.Context, userID, code string) (left int, err error) {
	code = bareCode(code)
	doing := "use recovery code"
	var n int64
	err = s.tx(ctx, doing, func(tx *gorm.DB) error {
		res := tx.Model(&recoveryRow{}).
			Where("user_id = ? AND lookup = ? AND used_at IS NULL", userID, s.recoveryLookup(userID, code)).
			Update("used_at", s.nowMilli())
		if err := changed(ctx, doing, res); errors.Is(err, ErrNotFound) {
			return wrongCode()
		} else if err != nil {
			return err
		}
		return tx.Model(&recoveryRow{}).Where("user_id = ? AND used_at IS NULL", userID).Count(&n).Error
	})
	return int(n), s.settle(ctx, doing, err)
}

// RecoveryCodesLeft is how many of a user's recovery codes are unused.
func (s *Store) RecoveryCodesLeft(ctx context.Context, userID string) (int, error) {
	var n int64
	err := s.read(ctx).Model(&recoveryRow{}).Where("user_id = ? AND used_at IS NULL", userID).Count(&n).Error
	return int(n), wrap(ctx, "count recovery codes", err)
}
