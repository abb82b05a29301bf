package pages

import "testing"

func TestNaturalOrder(t *testing.T) {
	want := []string{"", "2", "10", "apotek", "Gudang", "gudang 2", "Toko", "Toko 1", "toko 2", "Toko 2b", "TOKO 10", "Toko 010 baru", "Toko Ä", "toko ä 2", "Ωmega"}
	for i, a := range want {
		for j, b := range want {
			got := natural(a, b)
			if i < j && got >= 0 || i == j && got != 0 || i > j && got <= 0 {
				t.Errorf("%q against %q: %d", a, b, got)
			}
		}
	}
	if natural("Toko 007", "toko 7") != 0 || natural("99999999999999999999999", "100000000000000000000000") >= 0 {
		t.Error("zeros in front count, or long numbers overflow")
	}
}
