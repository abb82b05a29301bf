package session

import (
	"testing"
	"testing/synctest"
)

// Whoever waits is told once nothing runs, what runs may begin more until then, and nothing
// begins after.
func TestRunning(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var r running
		over := func(ended <-chan struct{}) bool {
			synctest.Wait()
			select {
			case <-ended:
				return true
			default:
				return false
			}
		}
		if !r.begin() {
			t.Fatal("nothing can begin")
		}
		ended := r.end()
		if over(ended) || !r.begin() {
			t.Error("it is over while something runs")
		}
		r.done()
		if over(ended) {
			t.Error("it is over while something runs that was begun later")
		}
		r.done()
		if !over(ended) || !over(r.end()) || r.begin() {
			t.Error("it is not over when nothing runs any more")
		}
	})
}
