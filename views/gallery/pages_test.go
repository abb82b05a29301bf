package gallery_test

import (
	"context"
	"flag"
	"os"
	"path/filepath"
	"testing"

	"wadah/views"
)

var leaveIn = flag.String("gallery", "", "write every page as a file below this folder, to look at them in a browser")

// TestPagesRender renders every page in both languages. With -gallery DIR it also
// leaves them in DIR/LANG/NAME.html, beside the static files.
func TestPagesRender(t *testing.T) {
	dir := t.TempDir()
	if *leaveIn != "" {
		dir = *leaveIn
		if err := os.RemoveAll(filepath.Join(dir, "static")); err != nil {
			t.Fatal(err)
		}
		if err := os.CopyFS(filepath.Join(dir, "static"), staticFiles()); err != nil {
			t.Fatal(err)
		}
	}
	for _, lang := range []views.Lang{views.Indonesian, views.English} {
		folder := filepath.Join(dir, string(lang))
		if err := os.MkdirAll(folder, 0o755); err != nil {
			t.Fatal(err)
		}
		for name, component := range pages(lang) {
			file, err := os.Create(filepath.Join(folder, name+".html"))
			if err != nil {
				t.Fatal(err)
			}
			if err := component.Render(context.Background(), file); err != nil {
				t.Errorf("%s %s: %v", lang, name, err)
			}
			if err := file.Close(); err != nil {
				t.Fatal(err)
			}
		}
	}
}
