package handlers_test

import (
	"bufio"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"

	"wadah/session"
)

// BenchmarkListPage measures the list of 1,000 devices as a browser asks for it: sign-in
// checked, searched, sorted, rendered with the last day of each row; 50 rows, and 200.
func BenchmarkListPage(b *testing.B) {
	e := newEnv(b, benchLimits)
	e.busyShops(1000)
	client := e.admin()
	for _, path := range []string{"/devices", "/devices?sort=name&page=10", "/devices?q=toko+9&sort=state"} {
		b.Run(path, func(b *testing.B) {
			size := 0
			for b.Loop() {
				got := client.get(path)
				if got.StatusCode != http.StatusOK {
					b.Fatal(got.StatusCode)
				}
				size = len(got.body)
			}
			b.ReportMetric(float64(size), "bytes/page")
		})
	}
	client.post("/prefs/list", url.Values{"rows": {"200"}})
	b.Run("200-rows", func(b *testing.B) {
		for b.Loop() {
			if got := client.get("/devices?sort=name"); got.StatusCode != http.StatusOK || len(got.names()) != 200 {
				b.Fatal(got.StatusCode, len(got.names()))
			}
		}
	})
}

// BenchmarkListStreams measures what one change among 1,000 devices costs when 100 pages
// of the list are open, until the last of them has been told: of a device that is shown,
// and of one that is not.
func BenchmarkListStreams(b *testing.B) {
	const watching = 100
	e := newEnv(b, benchLimits)
	ids := e.shops(1000)
	client := e.admin().client
	for _, c := range []struct{ name, path, device string }{
		{"shown", "/events?page=devices", ids[3]},
		{"not-shown", "/events?page=devices", ids[700]},
	} {
		b.Run(c.name+"/"+strconv.Itoa(watching), func(b *testing.B) {
			var told, ready sync.WaitGroup
			ready.Add(watching)
			for range watching {
				res, err := client.Do(e.request(http.MethodGet, c.path, nil))
				if err != nil {
					b.Fatal(err)
				}
				b.Cleanup(func() { res.Body.Close() })
				go readSummaries(bufio.NewReaderSize(res.Body, 256<<10), &ready, &told)
			}
			ready.Wait()
			b.ResetTimer()
			on := false
			for range b.N {
				told.Add(watching)
				if on = !on; on {
					e.start(c.device, session.StateScan)
				} else if _, err := e.manager.StopDevice(b.Context(), c.device); err != nil {
					b.Fatal(err)
				}
				told.Wait()
			}
			b.StopTimer()
			if !on {
				return
			}
			told.Add(watching)
			if _, err := e.manager.StopDevice(b.Context(), c.device); err != nil {
				b.Fatal(err)
			}
			told.Wait()
		})
	}
}

// readSummaries reports each frame whose summary counts another number of devices to scan.
func readSummaries(in *bufio.Reader, ready, told *sync.WaitGroup) {
	last := ""
	for {
		line, err := in.ReadString('\n')
		if err != nil {
			return
		}
		_, after, found := strings.Cut(line, `id="filter-scan"`)
		if !found {
			continue
		}
		_, after, _ = strings.Cut(after, `class="num">`)
		count, _, _ := strings.Cut(after, "<")
		switch last {
		case "":
			ready.Done()
		case count:
			continue
		default:
			told.Done()
		}
		last = count
	}
}
