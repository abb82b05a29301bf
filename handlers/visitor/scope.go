package visitor

import (
	"context"
	"iter"
	"slices"
	"strings"

	"wadah/models"
	"wadah/session"
)

// Scope is which devices somebody may see. nil sees none.
type Scope struct {
	All bool            // an admin, or who sees all: every device, also those to come
	ids map[string]bool // of the devices an operator or viewer is assigned to
	Key string          // equal for equal scopes, so that streams can share frames
}

// everything is the scope of admins, and of those who see all devices.
var everything = &Scope{All: true, Key: "*"}

func newScope(ids map[string]bool) *Scope {
	sorted := make([]string, 0, len(ids))
	for id := range ids {
		sorted = append(sorted, id)
	}
	slices.Sort(sorted)
	return &Scope{ids: ids, Key: strings.Join(sorted, " ")}
}

// ScopeOf asks which devices a user may see.
func ScopeOf(ctx context.Context, store *models.Store, user models.User) (*Scope, error) {
	if user.Role == models.RoleAdmin || user.AllDevices {
		return everything, nil
	}
	ids, err := store.AssignedDevices(ctx, user.ID)
	if err != nil {
		return nil, err
	}
	return newScope(ids), nil
}

// Sees reports whether the device belongs to the scope.
func (a *Scope) Sees(deviceID string) bool {
	return a != nil && (a.All || a.ids[deviceID])
}

// Seen are the devices of the installation that belong to the scope, by creation.
func (a *Scope) Seen(devices *session.Manager) iter.Seq[*session.Snapshot] {
	return func(yield func(*session.Snapshot) bool) {
		for snap := range devices.Each() {
			if a.Sees(snap.ID) && !yield(snap) {
				return
			}
		}
	}
}

// stillSees reports whether a stream opened with the scope, of a device or with "" of all,
// shows what it would with the scope now. Devices that are gone make no difference.
func (a *Scope) stillSees(now *Scope, device string, devices *session.Manager) bool {
	if a.All || now.All || a.Key == now.Key {
		return a.All == now.All
	}
	if device != "" {
		return now.Sees(device)
	}
	for id := range a.ids {
		if _, err := devices.Snapshot(id); err == nil && !now.ids[id] {
			return false
		}
	}
	for id := range now.ids {
		if !a.ids[id] {
			return false
		}
	}
	return true
}
