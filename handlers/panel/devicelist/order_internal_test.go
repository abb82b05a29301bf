package devicelist

import (
	"slices"
	"strconv"
	"testing"
	"time"

	"wadah/session"
	deviceviews "wadah/views/device"
)

func TestSortDevices(t *testing.T) {
	began := time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)
	device := func(name, jid string, state session.State, changed int) *session.Snapshot {
		return &session.Snapshot{Name: name, State: state, Since: began.Add(time.Duration(changed) * time.Minute), Account: session.Account{JID: jid}}
	}
	byCreation := []*session.Snapshot{
		device("Toko 10", "62812:1@s.whatsapp.net", session.StateConnected, 4),
		device("toko 2", "", session.StateScan, 3),
		device("Gudang", "6281:2@s.whatsapp.net", session.StateOff, 1),
		device("Kasir", "", session.StateScan, 2),
		device("Apotek", "1415:1@s.whatsapp.net", session.StatePairing, 5),
	}
	for _, c := range []struct {
		by       deviceviews.Sort
		up, down []string
	}{
		{deviceviews.SortCreated, []string{"Toko 10", "toko 2", "Gudang", "Kasir", "Apotek"}, []string{"Apotek", "Kasir", "Gudang", "toko 2", "Toko 10"}},
		{deviceviews.SortName, []string{"Apotek", "Gudang", "Kasir", "toko 2", "Toko 10"}, []string{"Toko 10", "toko 2", "Kasir", "Gudang", "Apotek"}},
		{deviceviews.SortNumber, []string{"Apotek", "Gudang", "Toko 10", "toko 2", "Kasir"}, []string{"Toko 10", "Gudang", "Apotek", "toko 2", "Kasir"}},
		{deviceviews.SortState, []string{"Kasir", "toko 2", "Gudang", "Apotek", "Toko 10"}, []string{"Toko 10", "Apotek", "Gudang", "toko 2", "Kasir"}},
		{deviceviews.SortSince, []string{"Gudang", "Kasir", "toko 2", "Toko 10", "Apotek"}, []string{"Apotek", "Toko 10", "toko 2", "Kasir", "Gudang"}},
	} {
		for down, want := range map[bool][]string{false: c.up, true: c.down} {
			devices := slices.Clone(byCreation)
			sortDevices(devices, deviceviews.DeviceQuery{Sort: c.by, Down: down})
			got := make([]string, 0, len(devices))
			for _, d := range devices {
				got = append(got, d.Name)
			}
			if !slices.Equal(got, want) {
				t.Errorf("by %q, down %v: %q, want %q", c.by, down, got, want)
			}
		}
	}
}

func TestMatcher(t *testing.T) {
	snap := &session.Snapshot{Name: "Toko Ängel 12", Account: session.Account{JID: "6281234567890:3@s.whatsapp.net"}}
	for text, want := range map[string]bool{
		"": true, "toko": true, "äNGEL": true, "0812-3456": true, "+62 812": true, "12": true, "kasir": false, "999": false, "0": false, "toko 0": false,
		"toko 7": false, "tel. 0812": false, // no number
	} {
		if got := matcher(text)(snap); got != want {
			t.Errorf("%q matches: %v, want %v", text, got, want)
		}
	}
}

func BenchmarkSortByName(b *testing.B) {
	devices := make([]*session.Snapshot, 1000)
	for i := range devices {
		devices[i] = &session.Snapshot{Name: "Toko Sepatu Cabang " + strconv.Itoa(i*7919%1000)}
	}
	for b.Loop() {
		sortDevices(slices.Clone(devices), deviceviews.DeviceQuery{Sort: deviceviews.SortName})
	}
}
