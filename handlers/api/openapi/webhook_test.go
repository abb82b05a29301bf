package openapi

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
)

// TestWebhookSchema holds every body of format wadah against the schema that receivers read.
func TestWebhookSchema(t *testing.T) {
	schema := loadDescription(t).Components.Schemas["WebhookEvent"].Value
	files, err := filepath.Glob("../../../session/webhook/testdata/wadah/*.json")
	if err != nil || len(files) < 20 {
		t.Fatalf("%d bodies (%v)", len(files), err)
	}
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		var body any
		if err := json.Unmarshal(text, &body); err != nil {
			t.Fatal(err)
		}
		if err := schema.VisitJSON(body); err != nil {
			t.Errorf("%s: %v", filepath.Base(name), err)
		}
	}
	if schema.VisitJSON(map[string]any{"type": "message"}) == nil {
		t.Error("the schema accepts anything")
	}
}
