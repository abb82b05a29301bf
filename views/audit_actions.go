package views

import (
	"maps"
	"slices"
	"strings"
)

// auditActions is the one table of what the audit speaks of; the word is the text
// audit.action.NAME. An action that is not in it is shown by its name.
var auditActions = map[string]Tone{
	"signin": ToneOK, "signin.refused": ToneDanger, "signin.passkey": ToneOK, "signin.recovery": ToneAct, "signout": ToneOff,
	"setup": ToneOK,

	"user.create": ToneOK, "user.role": ToneAct, "user.devices": ToneAct, "user.password": ToneAct, "user.factors": ToneAct,
	"user.logins": ToneAct, "user.delete": ToneDanger,

	"password.change": ToneOK, "password.refused": ToneDanger,
	"totp.enable": ToneOK, "totp.remove": ToneAct, "recovery.create": ToneAct,
	"passkey.add": ToneOK, "passkey.rename": ToneOff, "passkey.remove": ToneAct, "login.end": ToneOff, "login.full": ToneAct, "login.confirm": ToneOK,

	"device.create": ToneOK, "device.rename": ToneOff, "device.note": ToneOff, "device.proxy": ToneAct, "device.default": ToneAct, "device.delete": ToneDanger,
	"device.start": ToneOK, "device.stop": ToneOff, "device.restart": ToneOff, "device.logout": ToneAct, "device.pair": ToneOK,
	"device.passkey": ToneOK, "device.passkey_confirm": ToneOK,
	"message.send": ToneOff, "message.read": ToneOff, "message.online": ToneOff, "call.reject": ToneOff, "number.check": ToneOff,

	"key.create": ToneOK, "key.reveal": ToneAct, "key.rotate": ToneAct, "key.revoke": ToneAct, "key.replace": ToneAct, "key.keep": ToneAct, "secret.keep": ToneAct,
	"secret.create": ToneOK, "secret.reveal": ToneAct, "secret.rotate": ToneAct, "secret.revoke": ToneAct,
	"scanlink.create": ToneOK, "scanlink.revoke": ToneOff, "scanlink.open": ToneOff,

	"phone.add": ToneOK, "phone.remove": ToneAct, "phone.link": ToneOK, "phone.unlink": ToneAct, "phone.change": ToneOff,
	"phone.passkey": ToneOff, "phone.fault": ToneAct, "phone.calm": ToneOff, "phone.outage": ToneAct,

	"system.list_devices": ToneOff, "system.detail_device": ToneOff, "system.refused": ToneDanger,

	"settings.change": ToneAct, "version.check": ToneOff, "audit.export": ToneAct, "reference.try": ToneAct, "access.refused": ToneDanger,
}

// AuditActions lists the actions the table knows, sorted.
func AuditActions() []string { return slices.Sorted(maps.Keys(auditActions)) }

func auditAction(l Lang, name string) string {
	if _, ok := auditActions[name]; !ok {
		return name
	}
	return l.T("audit.action." + name)
}

// symbol tells what an entry is about, by its action up to the dot.
func (e AuditEntry) symbol() string {
	about, _, _ := strings.Cut(e.Action, ".")
	switch about {
	case "signin", "signout", "setup", "login":
		return "user"
	case "user":
		return "people"
	case "password", "totp", "recovery", "passkey", "key", "secret":
		return "key"
	case "phone":
		return "phones"
	case "device":
		return "device"
	case "scanlink":
		return "link"
	case "audit":
		return "audit"
	case "reference":
		return "code"
	case "access":
		return "alert"
	}
	return "settings"
}

func (e AuditEntry) tone() Tone {
	if tone, ok := auditActions[e.Action]; ok {
		return tone
	}
	return ToneOff
}
