//go:build !race

package trial_test

import (
	"context"
	"fmt"
	"strings"

	"wadah/models"
)

// links are the credentials the library holds.
func (w *world) links() []string {
	w.t.Helper()
	jids, err := w.drv.Links(context.Background())
	if err != nil {
		w.t.Fatal(err)
	}
	return jids
}

// companions are the devices that a phone lists.
func (w *world) companions(number string) (jids []string) {
	for _, p := range w.svc.Phones() {
		if p.Number != number {
			continue
		}
		for _, c := range p.Companions {
			jids = append(jids, c.JID)
		}
	}
	return jids
}

// rows counts the rows in the library's tables, but for the two that belong to no device.
func (w *world) rows() map[string]int {
	w.t.Helper()
	counts, err := libraryRows(w.store)
	if err != nil {
		w.t.Fatal(err)
	}
	return counts
}

func libraryRows(store *models.Store) (map[string]int, error) {
	sizes, err := store.Sizes(context.Background())
	if err != nil {
		return nil, err
	}
	counts := map[string]int{}
	for name, rows := range sizes.Rows {
		if strings.HasPrefix(name, "whatsmeow_") && name != "whatsmeow_version" && name != "whatsmeow_lid_map" && rows > 0 {
			counts[name] = int(rows)
		}
	}
	return counts, nil
}

// cleanlyUnlinked says what is left of a link that ended.
func (w *world) cleanlyUnlinked(id string) error {
	s, err := w.Snapshot(id)
	if err != nil {
		return err
	}
	row, err := w.store.Device(context.Background(), id)
	if err != nil {
		return err
	}
	rows, err := libraryRows(w.store)
	if err != nil {
		return err
	}
	if s.Linked() || row.JID != "" || len(rows) > 0 {
		return fmt.Errorf("linked: shown %v, stored %v; rows of the library: %v", s.Linked(), row.JID != "", rows)
	}
	return nil
}
