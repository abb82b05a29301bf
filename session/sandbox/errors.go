package sandbox

import "errors"

// Errors that callers can tell apart with [errors.Is]. Their texts say what to
// mend; they never contain a code, a key or a full phone number.
var (
	ErrConfig    = errors.New("sandbox configuration")
	ErrStateFile = errors.New("sandbox state file")
	ErrClosed    = errors.New("the sandbox is closed")

	ErrPhoneNumber  = errors.New("a phone number is 7 to 15 digits with the country code and does not begin with 0")
	ErrPlatform     = errors.New("a virtual phone is an android or an iphone")
	ErrPhoneExists  = errors.New("a virtual phone with this number exists already")
	ErrPhoneUnknown = errors.New("no virtual phone has this number")
	ErrPhoneOffline = errors.New("the virtual phone is offline")
	ErrPhoneFull    = errors.New("the virtual phone has as many linked devices as WhatsApp allows; unlink one first")

	ErrQRText     = errors.New("this is not a WhatsApp linking code")
	ErrQRUnknown  = errors.New("no device shows this code here; it belongs to another service or its device is gone")
	ErrQRExpired  = errors.New("this code is not valid any more; scan the one the device shows now")
	ErrQRTooEarly = errors.New("this code is not valid yet; scan the one the device shows now")
	ErrQRMismatch = errors.New("the keys in this code are not those of the device that asked for it")
	ErrQRPicture  = errors.New("no readable QR code in this picture")
	ErrLinking    = errors.New("this device is being linked already")

	ErrCodeFormat  = errors.New("a linking code is 8 letters and digits such as ABCD-EFGH")
	ErrCodeUnknown = errors.New("no device waits for a linking code of this phone")
	ErrCodeWrong   = errors.New("the linking code is not the one the device shows")
	ErrCodeExpired = errors.New("the linking code is not valid any more")

	ErrPasskeyAsked   = errors.New("the phone asks for its passkey; the device must answer before the link goes on")
	ErrPasskeyRefused = errors.New("the person at the phone refused the passkey")
	ErrPasskeyUnknown = errors.New("this phone waits for no passkey step")
	ErrPasskeyOptions = errors.New("these are not the passkey options that a device was asked with")

	ErrDeviceGone    = errors.New("the device hung up before the link was complete")
	ErrDeviceRefused = errors.New("the device refused the link")
	ErrDeviceSilent  = errors.New("the device did not answer in time")
	ErrDeviceForged  = errors.New("the device's signature is not genuine")

	ErrCompanionUnknown = errors.New("this phone has no such linked device")
	ErrTargetUnknown    = errors.New("no connection, linked device or phone matches this target")
	ErrTargetOffline    = errors.New("the target has no connection now")
	ErrFault            = errors.New("unusable fault")
	ErrOutageMode       = errors.New("unknown outage mode")
)
