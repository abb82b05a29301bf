package models_test

import (
	"fmt"
	"sync/atomic"
	"testing"

	"wadah/models"
)

// BenchmarkOpenKey is what each API request pays before it does anything.
func BenchmarkOpenKey(b *testing.B) {
	f := newFixture(b)
	_, k := f.device("Toko")
	f.device("Gudang")
	b.Run("cached", func(b *testing.B) {
		b.ReportAllocs()
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				if _, err := f.OpenKey(b.Context(), k.Value); err != nil {
					b.Error(err)
				}
			}
		})
	})
	b.Run("unknown", func(b *testing.B) {
		b.ReportAllocs()
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				if _, err := f.OpenKey(b.Context(), "0123456789abcdef0123456789abcdef"); err == nil {
					b.Error("an unknown key opens something")
				}
			}
		})
	})
}

// BenchmarkWriters is one of our writes with so many others waiting.
func BenchmarkWriters(b *testing.B) {
	for _, n := range []int{1, 8, 64} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			f := newFixture(b)
			var ids []string
			for i := range n {
				d, _ := f.device(fmt.Sprint(i))
				ids = append(ids, d.ID)
			}
			var next atomic.Int64
			b.SetParallelism(max(1, n/2))
			b.ResetTimer()
			b.RunParallel(func(pb *testing.PB) {
				id := ids[int(next.Add(1))%n]
				for pb.Next() {
					if err := f.SaveLife(b.Context(), id, models.Life{Desired: true}, false); err != nil {
						b.Error(err)
					}
				}
			})
		})
	}
}

// BenchmarkDevices lists a thousand devices, as the start does.
func BenchmarkDevices(b *testing.B) {
	f := newFixture(b)
	for i := range 1000 {
		f.device(fmt.Sprint(i))
	}
	var devices []models.Device
	for b.Loop() {
		var err error
		if devices, err = f.Devices(b.Context()); err != nil {
			b.Fatal(err)
		}
	}
	if len(devices) != 1000 {
		b.Errorf("%d devices", len(devices))
	}
}
