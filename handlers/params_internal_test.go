package handlers

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"wadah/handlers/web"
)

// FuzzKey feeds the extraction of keys with what strangers may send: it must not
// panic, must not invent a key, and must refuse in one of the documented ways.
func FuzzKey(f *testing.F) {
	f.Add("apiKey=abc", "application/x-www-form-urlencoded", "x=1&apiKey='abc'", "Bearer abc")
	f.Add("", "application/json", `{"apiKey":"abc","a":[1,{"b":null}]}`, "")
	f.Add("", "application/json", `"apiKey='abc'"`, "")
	f.Add("%zz=%", "multipart/form-data; boundary=x", "--x\r\nContent-Disposition: form-data; name=\"apiKey\"\r\n\r\nabc\r\n--x--", "Basic x")
	f.Add("apiKey=%27abc%27", "text/plain", "\ufeff{", "bearer")
	f.Fuzz(func(t *testing.T, query, contentType, body, auth string) {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/api/getState", strings.NewReader(body))
		r.URL.RawQuery = query
		r.Header.Set("Content-Type", contentType)
		r.Header.Set("Authorization", auth)
		in, err := readParams(httptest.NewRecorder(), r, 64<<10)
		if err != nil {
			if s := web.FailureOf(err).Status; s != 400 && s != 413 && s != 415 {
				t.Fatalf("status %d: %v", s, err)
			}
			return
		}
		key, err := keyOf(r, in)
		if err != nil && web.FailureOf(err) != errTwoKeys {
			t.Fatal(err)
		}
		if key != "" && !strings.Contains(unescape(query)+query, key) && !strings.Contains(auth, key) && body == "" {
			t.Fatalf("key %q comes from nowhere", key)
		}
	})
}

func TestOwnPath(t *testing.T) {
	for next, want := range map[string]string{
		"/devices?q=a#b": "/devices?q=a#b", "": "-", "devices": "-", "//evil.example": "-", "https://evil.example": "-",
		"/\\evil.example": "-", "/\t/evil.example": "-", "javascript:alert(1)": "-", "/%0d%0aX: y": "/%0d%0aX: y", "/\r\nX: y": "-",
	} {
		if got := web.OwnPath(next, "-"); got != want {
			t.Errorf("%q: %q, want %q", next, got, want)
		}
	}
}
