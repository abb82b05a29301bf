package models_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"wadah/models"
)

// Ensure that failures of a database in use are recognisable.
func TestFilesFail(t *testing.T) {
	tests := []struct{ name, pragma, says string }{
		{"full disk", "PRAGMA max_page_count = 1", "the disk is full"},
		{"read-only database", "PRAGMA query_only = 1", "read-only"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := newFixture(t)
			f.SQL().SetMaxOpenConns(1) // the setting is the connection's
			_, err := f.SQL().ExecContext(t.Context(), tt.pragma)
			must(t, err)
			for i := range 500 {
				if _, _, err = f.CreateDevice(t.Context(), fmt.Sprintf("Toko %d", i)); err != nil {
					break
				}
			}
			if err == nil {
				t.Fatal("500 devices fit into nothing")
			}
			assertOnly(t, err, models.ErrStorage)
			if !strings.Contains(err.Error(), tt.says) {
				t.Errorf("the sentence %q does not say %q", err, tt.says)
			}
			// Reading goes on.
			if _, err := f.Devices(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
}

// Ensure that a context that ends is not mistaken for a failing disk.
func TestEndedContext(t *testing.T) {
	f := newFixture(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, _, err := f.CreateDevice(ctx, "Toko")
	if !errors.Is(err, ctx.Err()) {
		t.Errorf("got %v, want %v", err, ctx.Err())
	}
	assertOnly(t, err, nil)
}
