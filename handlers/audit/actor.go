package audit

import "wadah/models"

// Actor is who did something.
type Actor struct{ id, kind string }

// Actors that are no persons. A key or a guest is known by an ID, the others by their kind.
var (
	// Keyless is a program of this machine that the default device answers.
	Keyless = Actor{"keyless", "keyless"}
	// System is a program that knows the system secret.
	System = Actor{"system API", "system"}
	// CLI is the command line, which has no sign-in.
	CLI = Actor{"wadah", "cli"}
)

// User is somebody with an account, by name; "" is somebody who could not sign in.
func User(name string) Actor { return Actor{name, "user"} }

// Key is a program with an API key, by the key's ID.
func Key(id string) Actor { return Actor{id, "key"} }

// Guest is somebody who holds a scan link, by the link's ID.
func Guest(linkID string) Actor { return Actor{linkID, "guest"} }

// Entry is an entry that says who did what, about which device ("" for none) and to what.
func Entry(by Actor, action Action, deviceID, target string) models.AuditEntry {
	return models.AuditEntry{Actor: by.id, ActorKind: by.kind, Action: string(action), DeviceID: deviceID, Target: target}
}
