package audit

import (
	"maps"
	"slices"
	"strings"

	"wadah/views"
)

// auditActions is the one table of what the audit speaks of; the word is the text
// audit.action.NAME. An action that is not in it is shown by its name.
var auditActions = map[string]views.Tone{
	"signin": views.ToneOK, "signin.refused": views.ToneDanger, "signin.passkey": views.ToneOK, "signin.recovery": views.ToneAct, "signout": views.ToneOff,
	"setup": views.ToneOK,

	"user.create": views.ToneOK, "user.role": views.ToneAct, "user.devices": views.ToneAct, "user.password": views.ToneAct, "user.factors": views.ToneAct,
	"user.logins": views.ToneAct, "user.delete": views.ToneDanger,

	"invitation.create": views.ToneAct, "invitation.revoke": views.ToneOff, "invitation.accept": views.ToneOK,

	"password.change": views.ToneOK, "password.refused": views.ToneDanger,
	"totp.enable": views.ToneOK, "totp.remove": views.ToneAct, "recovery.create": views.ToneAct,
	"passkey.add": views.ToneOK, "passkey.rename": views.ToneOff, "passkey.remove": views.ToneAct, "login.end": views.ToneOff, "login.full": views.ToneAct, "login.confirm": views.ToneOK,

	"device.create": views.ToneOK, "device.rename": views.ToneOff, "device.note": views.ToneOff, "device.linked_name": views.ToneOff, "device.proxy": views.ToneAct, "device.default": views.ToneAct, "device.delete": views.ToneDanger,
	"device.start": views.ToneOK, "device.stop": views.ToneOff, "device.restart": views.ToneOff, "device.logout": views.ToneAct, "device.pair": views.ToneOK,
	"device.passkey": views.ToneOK, "device.passkey_confirm": views.ToneOK,
	"message.send": views.ToneOff, "message.read": views.ToneOff, "message.open": views.ToneOff, "message.online": views.ToneOff, "call.reject": views.ToneOff, "number.check": views.ToneOff, "number.erase": views.ToneDanger,

	"webhook.add": views.ToneOK, "webhook.edit": views.ToneOff, "webhook.delete": views.ToneAct, "webhook.test": views.ToneOff, "webhook.rotate": views.ToneAct, "webhook.replay": views.ToneOff,

	"key.create": views.ToneOK, "key.reveal": views.ToneAct, "key.rotate": views.ToneAct, "key.revoke": views.ToneAct, "key.replace": views.ToneAct, "key.keep": views.ToneAct, "secret.keep": views.ToneAct,
	"secret.create": views.ToneOK, "secret.reveal": views.ToneAct, "secret.rotate": views.ToneAct, "secret.revoke": views.ToneAct,
	"scanlink.create": views.ToneOK, "scanlink.revoke": views.ToneOff, "scanlink.open": views.ToneOff,

	"phone.add": views.ToneOK, "phone.remove": views.ToneAct, "phone.link": views.ToneOK, "phone.unlink": views.ToneAct, "phone.change": views.ToneOff,
	"phone.passkey": views.ToneOff, "phone.fault": views.ToneAct, "phone.calm": views.ToneOff, "phone.outage": views.ToneAct,

	"system.list_devices": views.ToneOff, "system.detail_device": views.ToneOff, "system.refused": views.ToneDanger,

	"settings.change": views.ToneAct, "version.check": views.ToneOff, "audit.export": views.ToneAct, "reference.try": views.ToneAct, "access.refused": views.ToneDanger,
}

// AuditActions lists the actions the table knows, sorted.
func AuditActions() []string { return slices.Sorted(maps.Keys(auditActions)) }

func auditAction(l views.Lang, name string) string {
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
	case "user", "invitation":
		return "people"
	case "password", "totp", "recovery", "passkey", "key", "secret":
		return "key"
	case "phone":
		return "phones"
	case "device":
		return "device"
	case "scanlink":
		return "share"
	case "audit":
		return "audit"
	case "reference":
		return "code"
	case "access":
		return "alert"
	}
	return "settings"
}

func (e AuditEntry) tone() views.Tone {
	if tone, ok := auditActions[e.Action]; ok {
		return tone
	}
	return views.ToneOff
}
