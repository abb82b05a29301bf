package models_test

import (
	"bytes"
	"path/filepath"
	"testing"

	"wadah/models"
)

func testKey() []byte { return bytes.Repeat([]byte{7}, 32) }

func openStore(tb testing.TB) *models.Store {
	tb.Helper()
	s, err := models.Open(tb.Context(), models.Options{Path: filepath.Join(tb.TempDir(), models.DatabaseFile), Key: testKey()})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := s.Close(); err != nil {
			tb.Error(err)
		}
	})
	return s
}
