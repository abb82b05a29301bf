package api

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
		in, err := readParams(httptest.NewRecorder(), r, 64<<10, nil)
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

func TestDecimal(t *testing.T) {
	for text, want := range map[string]string{
		"6.28123456789e11": "628123456789", "6.28123456789E+11": "628123456789", "628123456789e0": "628123456789",
		"628123456789000e-3": "628123456789", "6281234567895e-1": "628123456789.5", "6.28e11": "628000000000",
		"0.00000628e17": "628000000000", "-1.5e1": "-15", "1e-3": "0.001", "0e5": "0", "1.50e0": "1.5", "12e-2": "0.12",
		// Not ours to change.
		"628123456789.0": "628123456789.0", "1.50": "1.50", "628123456789": "628123456789", "true": "true", "false": "false",
		`["1e5"]`: `["1e5"]`, `{"e":1}`: `{"e":1}`, "1e99": "1e99", "1e-99": "1e-99", "1e99999999999999999999": "1e99999999999999999999",
	} {
		if got := decimal(text); got != want {
			t.Errorf("%s: %s, want %s", text, got, want)
		}
	}
}
