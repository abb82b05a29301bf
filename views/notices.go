package views

import (
	"maps"
	"slices"
)

// Notice is something worth saying after an action, for Page.Flash.
type Notice string

// The notices. Those with a name in their text take "Name".
const (
	NoticeWelcome           Notice = "welcome"
	NoticeSignedOut         Notice = "signed_out"
	NoticeDeviceAdded       Notice = "device_added"       // Name
	NoticeAddedStarted      Notice = "added_started"      // Name
	NoticeDeviceDeleted     Notice = "device_deleted"     // Name; nothing was linked, or the phone confirmed
	NoticeDeletedUnlinked   Notice = "deleted_unlinked"   // Name; the phone confirmed
	NoticeDeletedUnverified Notice = "deleted_unverified" // Name; the phone did not confirm
	NoticeLoggedOut         Notice = "logged_out"         // Name; the phone confirmed
	NoticeLogoutUnverified  Notice = "logout_unverified"  // Name; the phone did not confirm
	NoticeLogoutNotLinked   Notice = "logout_not_linked"  // Name
	NoticeStarted           Notice = "started"            // Name
	NoticeStopped           Notice = "stopped"            // Name
	NoticeRestarted         Notice = "restarted"          // Name
	NoticeTestSent          Notice = "test_sent"          // Name: the number
	NoticeTestOpen          Notice = "test_open"          // Name: the number
	NoticeBulkStarted       Notice = "bulk_started"       // Name, how many
	NoticeBulkStopped       Notice = "bulk_stopped"       // likewise
	NoticeBulkRestarted     Notice = "bulk_restarted"     // likewise
	NoticeDefaultOn         Notice = "default_on"         // Name
	NoticeDefaultOff        Notice = "default_off"        // Name
	NoticePasskeySent       Notice = "passkey_sent"
	NoticePasswordChanged   Notice = "password_changed"
	NoticePrefsSaved        Notice = "prefs_saved"
	NoticePhoneAdded        Notice = "phone_added"    // Name
	NoticePhoneLinked       Notice = "phone_linked"   // Name
	NoticePhoneUnlinked     Notice = "phone_unlinked" // Name
	NoticeOutageOn          Notice = "outage_on"
	NoticeOutageOff         Notice = "outage_off"

	NoticeFaultDone             Notice = "fault_done"              // Name of the fault
	NoticeFaultWaits            Notice = "fault_waits"             // Name of the fault; it strikes later
	NoticeFaultsCleared         Notice = "faults_cleared"          // of all phones
	NoticePhoneRemoved          Notice = "phone_removed"           // Name
	NoticePhoneUnlinkedAll      Notice = "phone_unlinked_all"      // Name
	NoticePhoneOnline           Notice = "phone_online"            // Name
	NoticePhoneOffline          Notice = "phone_offline"           // Name
	NoticePhoneCalm             Notice = "phone_calm"              // Name
	NoticePhonePasskeyOn        Notice = "phone_passkey_on"        // Name
	NoticePhonePasskeyOff       Notice = "phone_passkey_off"       // Name
	NoticePhonePasskeyAsked     Notice = "phone_passkey_asked"     // Name of the device
	NoticePhonePasskeyUsed      Notice = "phone_passkey_used"      // Name of the device
	NoticePhonePasskeyConfirmed Notice = "phone_passkey_confirmed" // Name
	NoticePhonePasskeyRefused   Notice = "phone_passkey_refused"   // Name

	NoticePersonAdded       Notice = "person_added"   // Name
	NoticePersonDeleted     Notice = "person_deleted" // Name
	NoticeRoleSaved         Notice = "role_saved"     // Name
	NoticeAssigned          Notice = "assigned"       // Name
	NoticeInvited           Notice = "invited"        // Name
	NoticeInvitationRevoked Notice = "invitation_revoked"
	NoticePasswordReset     Notice = "password_reset"  // Name
	NoticeFactorsRemoved    Notice = "factors_removed" // Name
	NoticeLoginEnded        Notice = "login_ended"
	NoticeLoginsEnded       Notice = "logins_ended"
	NoticeLoginsFull        Notice = "logins_full" // Name is how many there may be
	NoticeTOTPOff           Notice = "totp_off"
	NoticeRecoveryUsed      Notice = "recovery_used"   // Count, how many are left
	NoticePasskeyAdded      Notice = "passkey_added"   // Name
	NoticePasskeyRenamed    Notice = "passkey_renamed" // Name
	NoticePasskeyRemoved    Notice = "passkey_removed" // Name
	NoticeKeyCreated        Notice = "key_created"     // Name
	NoticeKeyRotated        Notice = "key_rotated"     // Name
	NoticeKeyRevoked        Notice = "key_revoked"     // Name
	NoticeKeysReplaced      Notice = "keys_replaced"   // Name is how many
	NoticeKeysLeft          Notice = "keys_left"
	NoticeSecretCreated     Notice = "secret_created" // also of one that replaces another
	NoticeSecretRevoked     Notice = "secret_revoked"
	NoticeScanLinkCreated   Notice = "scan_link_created"
	NoticeScanLinkRevoked   Notice = "scan_link_revoked"
	NoticeSettingsSaved     Notice = "settings_saved"

	// Name is the version, for NoticeVersionUpdated the old one and the new.
	NoticeVersionNewest      Notice = "version_newest"
	NoticeVersionUpdated     Notice = "version_updated"
	NoticeVersionUnreachable Notice = "version_unreachable"
)

// notices is every Notice with its tone.
var notices = map[Notice]Tone{
	NoticeWelcome: ToneOK, NoticeSignedOut: ToneOK,
	NoticeDeviceAdded: ToneOK, NoticeAddedStarted: ToneOK, NoticeDeviceDeleted: ToneOK,
	NoticeDeletedUnlinked: ToneOK, NoticeDeletedUnverified: ToneAct,
	NoticeLoggedOut: ToneOK, NoticeLogoutUnverified: ToneAct, NoticeLogoutNotLinked: ToneOff,
	NoticeStarted: ToneOK, NoticeStopped: ToneOK, NoticeRestarted: ToneOK, NoticeTestSent: ToneOK, NoticeTestOpen: ToneWait,
	NoticeBulkStarted: ToneOK, NoticeBulkStopped: ToneOK, NoticeBulkRestarted: ToneOK,
	NoticeDefaultOn: ToneOK, NoticeDefaultOff: ToneOK,
	NoticePasskeySent: ToneWait, NoticePasswordChanged: ToneOK, NoticePrefsSaved: ToneOK,
	NoticePhoneAdded: ToneOK, NoticePhoneLinked: ToneOK, NoticePhoneUnlinked: ToneOK,
	NoticeFaultDone: ToneOK, NoticeFaultWaits: ToneWait, NoticeFaultsCleared: ToneOK,
	NoticePhoneRemoved: ToneOK, NoticePhoneUnlinkedAll: ToneOK, NoticePhoneOnline: ToneOK, NoticePhoneOffline: ToneOff,
	NoticePhoneCalm: ToneOK, NoticePhonePasskeyOn: ToneOK, NoticePhonePasskeyOff: ToneOK, NoticePhonePasskeyAsked: ToneAct,
	NoticePhonePasskeyUsed: ToneOK, NoticePhonePasskeyConfirmed: ToneOK, NoticePhonePasskeyRefused: ToneOff,
	NoticeOutageOn: ToneAct, NoticeOutageOff: ToneOK,
	NoticePersonAdded: ToneOK, NoticePersonDeleted: ToneOK, NoticeRoleSaved: ToneOK, NoticeAssigned: ToneOK,
	NoticeInvited: ToneOK, NoticeInvitationRevoked: ToneOK,
	NoticePasswordReset: ToneOK, NoticeFactorsRemoved: ToneAct, NoticeLoginEnded: ToneOK, NoticeLoginsEnded: ToneOK, NoticeLoginsFull: ToneAct,
	NoticeTOTPOff: ToneAct, NoticeRecoveryUsed: ToneAct,
	NoticePasskeyAdded: ToneOK, NoticePasskeyRenamed: ToneOK, NoticePasskeyRemoved: ToneOK,
	NoticeKeyCreated: ToneOK, NoticeKeyRotated: ToneOK, NoticeKeyRevoked: ToneOK, NoticeKeysReplaced: ToneAct, NoticeKeysLeft: ToneOff,
	NoticeSecretCreated: ToneOK, NoticeSecretRevoked: ToneOK,
	NoticeScanLinkCreated: ToneOK, NoticeScanLinkRevoked: ToneOK, NoticeSettingsSaved: ToneOK,
	NoticeVersionNewest: ToneOK, NoticeVersionUpdated: ToneOK, NoticeVersionUnreachable: ToneAct,
}

// Notice is the message for n, with pairs of placeholder and value.
func (l Lang) Notice(n Notice, args ...any) *Flash {
	tone, ok := notices[n]
	if !ok {
		tone = ToneOK
	}
	return &Flash{Tone: tone, Text: l.T("notice."+string(n), args...)}
}

// AllNotices lists all notices, sorted.
func AllNotices() []Notice { return slices.Sorted(maps.Keys(notices)) }

// InvalidCodes lists the codes that have a sentence of their own, sorted.
func InvalidCodes() []string { return slices.Sorted(maps.Keys(invalid)) }

// invalid is every code that Lang.Invalid has its own sentence for: those of
// models.Invalid, of refused actions, and of the simulated phones.
var invalid = map[string]bool{
	"name_required": true, "name_too_long": true, "name_taken": true, "name_invalid": true, "name_mixed": true, "name_lookalike": true, "note_too_long": true,
	"password_required": true, "password_invalid": true, "password_too_short": true, "password_too_long": true,
	"password_common": true, "password_is_name": true, "password_mismatch": true, "password_wrong": true, "password_same": true,
	"signin_failed": true, "signin_slow": true, "signin_busy": true, "setup_token": true, "last_admin": true, "role_unknown": true, "expires_past": true, "retention_range": true, "not_connected": true, "reachout_locked": true, "refused_by_whatsapp": true, "queue_full": true, "addresses_invalid": true, "addresses_too_many": true, "scope_unknown": true, "url_invalid": true, "endpoints_full": true, "address_refused": true, "events_invalid": true, "headers_invalid": true,
	"message_too_long": true, "message_empty": true, "message_unfit": true,

	"already_linked": true, "not_linking": true, "not_linked": true, "rate_limited": true, "bad_number": true,
	"too_many_codes": true, "too_many_codes_number": true, "keys_too_many": true, "no_key_chosen": true, "scan_links_too_many": true, "invitations_too_many": true,
	"bad_passkey": true, "banned": true, "busy": true, "proxy_failed": true, "conflict": true, "not_found": true,
	"forbidden": true, "storage": true, "not_stored": true, "shutting_down": true, "timeout": true, "internal": true,

	"proxy_scheme": true, "proxy_host": true, "proxy_port": true, "proxy_extra": true, "proxy_invalid": true, "proxy_too_long": true,
	"proxy_again": true, "proxy_required": true,

	"phone_number": true, "phone_exists": true, "phone_unknown": true, "phone_offline": true, "phone_full": true,
	"phone_platform": true, "qr_expired": true, "code_wrong": true, "code_nobody": true, "passkey_over": true, "fault_offline": true,

	"code_required": true, "signin_again": true, "passkey_failed": true, "passkey_exists": true, "passkeys_too_many": true,
	"passkeys_impossible": true, "self_change": true, "device_unknown": true, "too_many_devices": true, "nothing_chosen": true,
	"overlap_invalid": true, "life_invalid": true, "days_invalid": true, "date_invalid": true, "zone_unknown": true, "scan_window": true, "grace": true, "time_fixed": true,
}

// Invalid is the sentence that says what to mend, by machine-readable code; a
// code it does not know gets a general sentence.
func (l Lang) Invalid(code string) string {
	if !invalid[code] {
		code = "other"
	}
	return l.T("invalid." + code)
}
