package handlers

import (
	"strconv"
	"testing"
	"time"
)

func TestSteps(t *testing.T) {
	now, s := time.Now(), newSteps[int]()
	s.put("a", now, 1)
	if v, ok := s.get("a", now); !ok || v != 1 {
		t.Errorf("get: %d %v", v, ok)
	}
	if _, ok := s.get("a", now.Add(stepTime)); ok {
		t.Error("it lasts for ever")
	}
	if v, ok := s.take("a", now); !ok || v != 1 {
		t.Errorf("take: %d %v", v, ok)
	}
	if _, ok := s.take("a", now); ok {
		t.Error("taken twice")
	}
	s.put("old", now.Add(-time.Second), 1)
	for i := range stepsSize + 5 {
		s.put(strconv.Itoa(i), now, i)
	}
	if _, ok := s.get("old", now); ok || len(s.open) > stepsSize {
		t.Errorf("%d steps are kept, the oldest among them: %v", len(s.open), ok)
	}
	s.put("3", now, 4)
	s.drop("3")
	if _, ok := s.get("3", now); ok {
		t.Error("dropped and still there")
	}
}
