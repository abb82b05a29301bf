package api

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"wadah/handlers/web"
)

// What strangers send is parsed by the functions below. "make test" runs each of these
// for a few seconds beyond its seeds.

// FuzzBody reads arbitrary bodies of any declared type: no panic, no value that was not
// sent, and a refusal is always one of ours.
func FuzzBody(f *testing.F) {
	for _, seed := range [][2]string{
		{"application/x-www-form-urlencoded", "apiKey=0123456789abcdef0123456789abcdef"},
		{"application/x-www-form-urlencoded", `"apiKey='api_key'"`},
		{"application/x-www-form-urlencoded", "a=%zz&b=+&=c&&&"},
		{"application/json", `{"apiKey":"x","wait":3,"phone":null,"response":{"a":[1]}}`},
		{"application/json", `{"apiKey":"x","apiKey":"y"}`},
		{"application/json", "\ufeff{\"a\":\"\\ud800\"}"},
		{"multipart/form-data; boundary=b", "--b\r\nContent-Disposition: form-data; name=\"apiKey\"\r\n\r\nx\r\n--b--\r\n"},
		{"multipart/form-data", "--b"},
		{"text/plain; charset=\"", "{"},
		{"", "[[[[[["},
		{"application/json", "apiKey=x&list[]=1"},
		{"application/json", "--b\r\nContent-Disposition: form-data; name=\"apiKey\"\r\n\r\nx\r\n--b--\r\n"},
		{"application/json", "{\x00\"\x00a\x00\"\x00:\x001\x00}\x00"},
		{"application/json", `{"list":["a",1,null,{"b":[]}]}`},
	} {
		f.Add(seed[0], []byte(seed[1]))
	}
	f.Fuzz(func(t *testing.T, contentType string, body []byte) {
		r := httptest.NewRequest(http.MethodPost, "/api/getState", bytes.NewReader(body))
		r.Header.Set("Content-Type", contentType)
		in, err := readParams(httptest.NewRecorder(), r, 64<<10, nil)
		if err != nil {
			if f := web.FailureOf(err); f.Status < 400 || f.Status > 499 {
				t.Fatalf("a broken body is answered with %d", f.Status)
			}
			return
		}
		for _, p := range in.body {
			if len(p.value) > len(body)*3 { // an invalid byte becomes three
				t.Fatalf("a value of %d bytes out of a body of %d", len(p.value), len(body))
			}
		}
		if _, err := keyOf(r, in); err != nil && web.FailureOf(err) != errTwoKeys {
			t.Fatalf("%v", err)
		}
	})
}

// FuzzKeyPlaces looks for the key in every place at once: it is found where it stands, and
// two different ones are never taken for one.
func FuzzKeyPlaces(f *testing.F) {
	f.Add("apiKey=abc", "", "")
	f.Add("apiKey='abc'&apiKey=abc", "abc", "Bearer abc")
	f.Add("apiKey=abc", "abd", "bearer  abc")
	f.Add("apiKey=%", "\"", "Basic abc")
	f.Fuzz(func(t *testing.T, query, header, authorization string) {
		r := &http.Request{Method: http.MethodGet, URL: &url.URL{RawQuery: query}, Header: http.Header{
			"X-Api-Key": {header}, "Authorization": {authorization},
		}}
		in := params{query: query}
		key, err := keyOf(r, in)
		seen := map[string]bool{}
		in.all(func(name, v string) {
			if isKeyName(name) {
				seen[bareWord(v)] = true
			}
		})
		seen[bareWord(header)] = true
		if scheme, token, ok := strings.Cut(authorization, " "); ok && strings.EqualFold(scheme, "Bearer") {
			seen[bareWord(token)] = true
		} else if !ok && len(authorization) >= shortestKey {
			seen[bareWord(authorization)] = true
		}
		delete(seen, "")
		switch {
		case len(seen) > 1 && err == nil:
			t.Fatalf("%d different keys were taken for %q", len(seen), key)
		case len(seen) == 1 && (err != nil || !seen[key]):
			t.Fatalf("one key was sent, %q was found, %v", key, err)
		case len(seen) == 0 && (err != nil || key != ""):
			t.Fatalf("no key was sent, %q was found, %v", key, err)
		}
	})
}

// FuzzWait reads the parameters of getQR: from 0 to 25 seconds or a refusal.
func FuzzWait(f *testing.F) {
	for _, seed := range []string{"wait=10", "wait=-1", "wait=99999999999999999999", "wait='5'", "wait=%35", "wait=5.0", "wait=0x5"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, query string) {
		in, err := params{query: query}.read([]*parameter{qrWait}, "ID")
		if err != nil && web.FailureOf(err) != qrWait.wrong {
			t.Fatal(err)
		}
		if wait := in.whole(qrWait, defaultWait); wait < 0 || wait > qrWait.to {
			t.Fatalf("%q waits %d s", query, wait)
		}
	})
}
