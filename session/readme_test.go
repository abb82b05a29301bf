package session

import (
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
)

// The README's table of states and reasons is what the table of transitions can
// lead to: no row too many, none missing, each reason in the state it belongs to.
func TestReadmeStates(t *testing.T) {
	text, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, table, found := strings.Cut(string(text), "| state | reason |")
	if !found {
		t.Fatal("the README has no table of states and reasons")
	}
	told := map[string]bool{}
	state := ""
	for line := range strings.Lines(table) {
		cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), "|")
		if strings.TrimSpace(line) == "" && len(told) > 0 {
			break
		}
		if len(cells) < 4 || !strings.Contains(cells[1], "`") {
			continue
		}
		if named := strings.Trim(cells[0], " `"); named != "" {
			state = named
		}
		told[state+"/"+strings.Trim(cells[1], " `")] = true
	}

	possible := map[string]bool{string(StateOff) + "/" + string(ReasonNeverStarted): true}
	for _, events := range append(slices.Collect(maps.Values(transitions)), anywhere) {
		for _, to := range events {
			if !to.keep {
				possible[string(to.state)+"/"+string(to.reason)] = true
			}
		}
	}
	for one := range told {
		if !possible[one] {
			t.Errorf("the README tells of %s, which cannot be", one)
		}
	}
	for one := range possible {
		if !told[one] {
			t.Errorf("the README is silent about %s", one)
		}
	}
	if len(told) != len(Reasons()) {
		t.Errorf("the README has %d reasons, there are %d", len(told), len(Reasons()))
	}
}
