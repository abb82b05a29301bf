package audit

// Action is what was done. The panel has a word for each, audit.action.NAME, and a tone
// (views.AuditActions).
type Action string

// Signing in.
const (
	SignIn         Action = "signin"
	SignInRefused  Action = "signin.refused"
	SignInPasskey  Action = "signin.passkey"
	SignInRecovery Action = "signin.recovery"
	SignOut        Action = "signout"
	SetUp          Action = "setup"
)

// What is done to accounts.
const (
	UserCreate   Action = "user.create"
	UserRole     Action = "user.role"
	UserDevices  Action = "user.devices"
	UserPassword Action = "user.password"
	UserFactors  Action = "user.factors"
	UserLogins   Action = "user.logins"
	UserDelete   Action = "user.delete"

	InvitationCreate Action = "invitation.create"
	InvitationRevoke Action = "invitation.revoke"
	InvitationAccept Action = "invitation.accept" // somebody has chosen name and password
)

// One's own account.
const (
	PasswordChange  Action = "password.change"
	PasswordRefused Action = "password.refused"
	TOTPEnable      Action = "totp.enable"
	TOTPRemove      Action = "totp.remove"
	RecoveryCreate  Action = "recovery.create"
	PasskeyAdd      Action = "passkey.add"
	PasskeyRename   Action = "passkey.rename"
	PasskeyRemove   Action = "passkey.remove"
	LoginEnd        Action = "login.end"
	LoginFull       Action = "login.full"
	LoginConfirm    Action = "login.confirm"
)

// Devices.
const (
	DeviceCreate         Action = "device.create"
	DeviceRename         Action = "device.rename"
	DeviceNote           Action = "device.note"
	DeviceLinkedName     Action = "device.linked_name"
	DeviceProxy          Action = "device.proxy"
	DeviceDefault        Action = "device.default"
	DeviceDelete         Action = "device.delete"
	DeviceStart          Action = "device.start"
	DeviceStop           Action = "device.stop"
	DeviceRestart        Action = "device.restart"
	DeviceLogout         Action = "device.logout"
	DevicePair           Action = "device.pair"
	DevicePasskey        Action = "device.passkey"
	DevicePasskeyConfirm Action = "device.passkey_confirm"
)

// What programs do with the account's chats. Each is written down once in a while: the
// messages themselves say who sent them.
const (
	MessageSend Action = "message.send"
	MessageRead Action = "message.read"
	MessageOpen Action = "message.open"   // somebody reads a conversation in the panel
	ShowOnline  Action = "message.online" // typing, presence
	CallReject  Action = "call.reject"
	NumberCheck Action = "number.check"
)

// Webhooks.
const (
	WebhookAdd    Action = "webhook.add"
	WebhookEdit   Action = "webhook.edit"
	WebhookDelete Action = "webhook.delete"
	WebhookTest   Action = "webhook.test"
	WebhookRotate Action = "webhook.rotate"
	WebhookReplay Action = "webhook.replay"
)

// What opens devices and the installation.
const (
	KeyCreate      Action = "key.create"
	KeyReveal      Action = "key.reveal"
	KeyRotate      Action = "key.rotate"
	KeyRevoke      Action = "key.revoke"
	KeyReplace     Action = "key.replace"
	KeyKeep        Action = "key.keep"
	SecretCreate   Action = "secret.create"
	SecretReveal   Action = "secret.reveal"
	SecretRotate   Action = "secret.rotate"
	SecretRevoke   Action = "secret.revoke"
	SecretKeep     Action = "secret.keep"
	ScanLinkCreate Action = "scanlink.create"
	ScanLinkRevoke Action = "scanlink.revoke"
	ScanLinkOpen   Action = "scanlink.open"
)

// Virtual phones.
const (
	PhoneAdd     Action = "phone.add"
	PhoneRemove  Action = "phone.remove"
	PhoneLink    Action = "phone.link"
	PhoneUnlink  Action = "phone.unlink"
	PhoneChange  Action = "phone.change"
	PhonePasskey Action = "phone.passkey"
	PhoneFault   Action = "phone.fault"
	PhoneCalm    Action = "phone.calm"
	PhoneOutage  Action = "phone.outage"
)

// The installation.
const (
	SystemListDevices  Action = "system.list_devices"
	SystemDetailDevice Action = "system.detail_device"
	SystemRefused      Action = "system.refused"
	SettingsChange     Action = "settings.change"
	VersionCheck       Action = "version.check"
	NumberErase        Action = "number.erase" // Target is a keyed hash of the number
	AuditExport        Action = "audit.export"
	ReferenceTry       Action = "reference.try"
	AccessRefused      Action = "access.refused"
)
