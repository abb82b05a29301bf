package models_test

import (
	"fmt"
	"testing"

	"wadah/models"
)

// What arrives at 50 devices at once, one message each, in a transaction.
func BenchmarkAccept(b *testing.B) {
	for _, size := range []int{1, 50} {
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			f := newFixture(b)
			var devices []string
			for i := range size {
				d, _ := f.device(fmt.Sprint("Toko ", i))
				devices = append(devices, d.ID)
			}
			n := 0
			for b.Loop() {
				arrivals := make([]models.Arrival, size)
				for i := range arrivals {
					arrivals[i] = said(devices[i], budi, fmt.Sprint("3EB0", n), "Halo, apakah barang ini masih ada?")
				}
				n++
				f.accept(arrivals...)
			}
			b.ReportMetric(float64(n*size)/b.Elapsed().Seconds(), "messages/s")
		})
	}
}
