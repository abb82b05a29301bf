package handlers

import (
	"fmt"
	"testing"
	"time"
)

func TestThrottle(t *testing.T) {
	var (
		tr   = newThrottle()
		both = door{key: "both", free: 3, longest: 10 * firstDelay, forgive: true}
		addr = door{key: "addr", free: 100, longest: firstDelay}
		now  = time.Now()
	)
	var waits []string
	for range 6 {
		tr.failed(now, both, addr)
		waits = append(waits, tr.wait(now, both, addr).String())
	}
	if got, want := fmt.Sprint(waits), "[0s 0s 2s 4s 8s 16s]"; got != want {
		t.Errorf("delays %s, want %s", got, want)
	}
	if got := tr.wait(now.Add(20*firstDelay), both); got > 0 {
		t.Errorf("still waiting %v", got)
	}
	tr.succeeded(both, addr)
	if tr.failures["both"] != nil || tr.failures["addr"] == nil {
		t.Error("success forgives the wrong doors")
	}
	for i := range throttleSize + 10 {
		tr.failed(now.Add(firstDelay), door{key: fmt.Sprint(i), free: 5, longest: firstDelay})
	}
	if n := len(tr.failures); n > throttleSize {
		t.Errorf("%d entries are kept", n)
	}
}
