package handlers_test

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"image"
	_ "image/png"
	"mime/multipart"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"unicode/utf16"

	"wadah/session"
)

// The specification's five answers, as they stand there.
const (
	specStart = `{
  "code": 200,
  "results": {
    "message": "API for device XXXXX Already activated, please scan the qr code to connect the device"
  }
}`
	specDestroy = `{
  "code": 200,
  "results": {
    "message": "Whatsapp API service successfully turned off."
  }
}`
	specQR = `{
  "code": 200,
  "results": {
    "apiKey": "be670d0018987231588ff183a0e8d509",
    "message": "Put the result get QR object into the src of the image tag.",
    "qrString": "data:image/png;base64,database64",
    "state": "SERVICE_SCAN"
  }
}`
	specState = `{
  "code": 200,
  "results": {
    "state": "CONNECTED"
  }
}`
	specVersion = `{
  "code": 200,
  "results": {
    "version": [
      2,
      2243,
      7
    ]
  }
}`
)

// compact is the specification's example without its blanks, with what differs from
// installation to installation replaced.
func compact(t testing.TB, example string, replace ...string) string {
	t.Helper()
	var b bytes.Buffer
	if err := json.Compact(&b, []byte(strings.NewReplacer(replace...).Replace(example))); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// ways are all the ways to send a key with a call.
func ways(t *testing.T, e *env, call, key string) map[string]*http.Request {
	t.Helper()
	out := map[string]*http.Request{}
	for _, method := range []string{http.MethodGet, http.MethodPost} {
		add := func(name, path, contentType, body string, header ...string) {
			r := e.request(method, path, strings.NewReader(body))
			if contentType != "" {
				r.Header.Set("Content-Type", contentType)
			}
			for i := 0; i+1 < len(header); i += 2 {
				r.Header.Set(header[i], header[i+1])
			}
			out[method+" "+name] = r
		}
		path, form := "/api/"+call, "application/x-www-form-urlencoded"
		add("query", path+"?apiKey="+key, "", "")
		add("quoted query", path+"?apiKey='"+key+"'", "", "")
		add("form", path, form, "apiKey="+key)
		add("form with charset", path, form+"; charset=UTF-8", "a=1&apiKey="+key)
		add("quoted form", path, form, "apiKey='"+key+"'")
		add("escaped quotes", path, form, "apiKey=%22"+key+"%22")
		add("the sample as printed", path, form, `"apiKey='`+key+`'"`)
		add("the sample as printed, with newline", path, form, "\"apiKey='"+key+"'\"\n")
		add("the sample declared as JSON", path, "application/json", `"apiKey='`+key+`'"`)
		add("JSON", path, "application/json", `{"apiKey":"`+key+`"}`)
		add("quoted JSON", path, "application/json; charset=utf-8", ` {"x":[1,{"y":null}],"apiKey":"'`+key+`'"} `)
		add("JSON declared as a form", path, form, `{"apiKey":"`+key+`"}`)
		add("JSON with byte order mark", path, "application/json", "\ufeff{\"apiKey\":\""+key+"\"}")
		add("form declared as nothing", path, "", "apiKey="+key)
		add("form declared as text", path, "text/plain", "apiKey="+key)
		add("X-Api-Key", path, "", "", "X-Api-Key", key)
		add("Bearer", path, "", "", "Authorization", "Bearer "+key)
		add("query with what cannot be seen", path+"?apiKey=%EF%BB%BF'"+key[:9]+"%E2%80%8B%C2%AD"+key[9:]+"'%E2%80%AC", "", "")
		add("JSON with what cannot be seen", path, "application/json", "{\"apiKey\":\"\u200e"+key+"\\u2060\"}")
		add("Bearer with what cannot be seen", path, "", "", "Authorization", "Bearer \u200b"+key)
		add("bearer", path, "", "", "Authorization", "bearer "+key)
		add("everywhere", path+"?apiKey="+key, form, "apiKey="+key, "X-Api-Key", key, "Authorization", "Bearer "+key)
		add("JSON with a NUL behind", path, "application/json", `{"apiKey":"`+key+`"}`+"\x00")
		add("JSON in UTF-16", path, "application/json", utf16LE(`{"apiKey":"`+key+`"}`))
		add("JSON in UTF-16 with its mark", path, "application/json", utf16LE("\ufeff"+`{"apiKey":"`+key+`"}`))
		add("form declared as JSON", path, "application/json", "apiKey="+key)
		add("form declared as multipart", path, "multipart/form-data", "apiKey="+key)
		add("JSON declared as multipart", path, "multipart/form-data; boundary=x", `{"apiKey":"`+key+`"}`)
		add("in other cases", path+"?APIKey="+key, form, "apikey="+key)
		add("as elsewhere", path+"?api_key="+key, form, "token="+key)
		add("as a list", path+"?apiKey[]="+key, "", "")
		add("as a JSON list", path, "application/json", `{"apiKey":["`+key+`"]}`)
		add("Authorization without a scheme", path, "", "", "Authorization", key)
		add("Authorization without a login", path+"?apiKey="+key, "", "", "Authorization", "Bearer")
		add("beside another login", path+"?apiKey="+key, "", "", "Authorization", "Basic dXNlcjpwYXNz")
		add("beside a picture", path+"?apiKey="+key, "image/png", "\x89PNG")

		var parts bytes.Buffer
		w := multipart.NewWriter(&parts)
		if err := w.WriteField("apiKey", key); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		add("multipart", path, w.FormDataContentType(), parts.String())
		add("multipart declared as a form", path, form, parts.String())
		add("multipart declared as JSON", path, "application/json", parts.String())
		add("multipart without its boundary", path, "multipart/form-data", parts.String())
	}
	return out
}

func utf16LE(text string) string {
	var out []byte
	for _, unit := range utf16.Encode([]rune(text)) {
		out = binary.LittleEndian.AppendUint16(out, unit)
	}
	return string(out)
}

func TestSpecification(t *testing.T) {
	e := newEnv(t)
	id, key := e.device("XXXXX")
	e.driver.UseVersion(session.Version{2, 2243, 7})

	each := func(call string, want func(t *testing.T, body string)) {
		t.Helper()
		for name, r := range ways(t, e, call, key) {
			t.Run(call+" by "+name, func(t *testing.T) {
				got := e.send(r)
				if got.StatusCode != http.StatusOK || got.Header.Get("Content-Type") != "application/json" {
					t.Fatalf("%d %s: %s", got.StatusCode, got.Header.Get("Content-Type"), got.body)
				}
				want(t, got.body)
			})
		}
	}
	same := func(want string) func(*testing.T, string) {
		return func(t *testing.T, body string) {
			t.Helper()
			if body != want {
				t.Errorf("got  %s\nwant %s", body, want)
			}
		}
	}
	each("getState", same(compact(t, specState, "CONNECTED", "SERVICE_OFF")))
	each("getWWebVersion", same(compact(t, specVersion)))
	each("serviceStart", same(compact(t, specStart)))
	each("getQR", func(t *testing.T, body string) {
		t.Helper()
		var got struct{ Results struct{ QRString string } }
		if err := json.Unmarshal([]byte(body), &got); err != nil {
			t.Fatal(err)
		}
		same(compact(t, specQR, "be670d0018987231588ff183a0e8d509", key, "data:image/png;base64,database64", got.Results.QRString))(t, body)
		picture(t, got.Results.QRString)
	})
	each("getState", same(compact(t, specState, "CONNECTED", "SERVICE_SCAN")))
	e.link(id, "6281234567890:1@s.whatsapp.net")
	each("getState", same(compact(t, specState)))
	each("serviceDestroy", same(compact(t, specDestroy)))
	each("getState", same(compact(t, specState, "CONNECTED", "SERVICE_OFF")))
}

// TestQRFormats holds that the text is what the picture shows, and that without being
// asked for it is not told.
func TestQRFormats(t *testing.T) {
	e := newEnv(t)
	id, key := e.device("Toko")
	shown := e.start(id, session.StateScan).QR.Text
	plain := e.get("/api/getQR?apiKey=" + key).body
	if strings.Contains(plain, "qrText") || strings.Contains(plain, shown) {
		t.Errorf("told unasked: %s", plain)
	}
	if got := e.get("/api/getQR?format=image&apiKey=" + key).body; got != plain {
		t.Errorf("as an image: %s", got)
	}
	text := e.get("/api/getQR?format=text&apiKey=" + key).body
	quoted, err := json.Marshal(shown)
	if err != nil {
		t.Fatal(err)
	}
	if want := strings.TrimSuffix(plain, "}}") + `,"qrText":` + string(quoted) + "}}"; text != want {
		t.Errorf("as text: %s\nwant %s", text, want)
	}
	got := e.get("/api/getQR?format=%27png%27&apiKey=" + key)
	for header, want := range map[string]string{
		"Content-Type": "image/png", "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff", "Content-Length": strconv.Itoa(len(got.body)),
	} {
		if h := got.Header.Get(header); got.StatusCode != http.StatusOK || h != want {
			t.Errorf("%d %s: %q, want %q", got.StatusCode, header, h, want)
		}
	}
	uri := "data:image/png;base64," + base64.StdEncoding.EncodeToString([]byte(got.body))
	picture(t, uri)
	if !strings.Contains(plain, uri) {
		t.Error("the picture is another one")
	}
}

// picture fails unless uri is a picture that can be read from 300 pixels.
func picture(t testing.TB, uri string) {
	t.Helper()
	data, ok := strings.CutPrefix(uri, "data:image/png;base64,")
	if !ok {
		t.Fatalf("no data URI: %.40s", uri)
	}
	raw, err := base64.StdEncoding.DecodeString(data)
	if err != nil {
		t.Fatal(err)
	}
	img, kind, err := image.Decode(bytes.NewReader(raw))
	if err != nil || kind != "png" {
		t.Fatal(kind, err)
	}
	if size := img.Bounds().Dx(); size < 300 || size > 400 || size != img.Bounds().Dy() {
		t.Errorf("the picture is %v", img.Bounds())
	}
}

func TestServiceStartSaysHowFarItIs(t *testing.T) {
	e := newEnv(t)
	id, key := e.device("Toko <A> & \"B\"")
	message := func() string {
		t.Helper()
		var got struct{ Results struct{ Message string } }
		if err := json.Unmarshal([]byte(e.get("/api/serviceStart?apiKey="+key).body), &got); err != nil {
			t.Fatal(err)
		}
		return got.Results.Message
	}
	intro := `API for device Toko <A> & "B" Already activated`
	if got, want := message(), intro+", please scan the qr code to connect the device"; got != want {
		t.Errorf("unlinked: %q, want %q", got, want)
	}
	e.await(id, session.StateScan)
	e.link(id, "6281234567890:1@s.whatsapp.net")
	if got, want := message(), intro+" and connected"; got != want {
		t.Errorf("connected: %q, want %q", got, want)
	}
	if _, err := e.manager.StopDevice(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	e.driver.HoldLogins(true)
	if got, want := message(), intro+", connecting to WhatsApp"; got != want {
		t.Errorf("linked: %q, want %q", got, want)
	}
}

// failureBody is the documented shape of a failure.
type failureBody struct {
	Code    int
	Results struct{ Message, Error, State, Reason string }
}

// fails checks a failure's status, code and shape.
func (a answer) fails(t testing.TB, status int, code string) failureBody {
	t.Helper()
	var got failureBody
	dec := json.NewDecoder(strings.NewReader(a.body))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&got); err != nil {
		t.Fatalf("%v in %s", err, a.body)
	}
	if a.StatusCode != status || got.Code != status || got.Results.Error != code || got.Results.Message == "" {
		t.Errorf("%d %s, want %d %s", a.StatusCode, a.body, status, code)
	}
	if kind := a.Header.Get("Content-Type"); kind != "application/json" {
		t.Errorf("Content-Type %q", kind)
	}
	return got
}

func TestKeyRefusals(t *testing.T) {
	e := newEnv(t)
	_, key := e.device("one")
	_, other := e.device("two")
	path := "/api/getState"
	form := func(body string) *http.Request {
		r := e.request(http.MethodPost, path, strings.NewReader(body))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		return r
	}
	jsonBody := func(body string) *http.Request {
		r := e.request(http.MethodPost, path, strings.NewReader(body))
		r.Header.Set("Content-Type", "application/json")
		return r
	}
	for name, c := range map[string]struct {
		r      *http.Request
		status int
		code   string
	}{
		"none":                   {e.request(http.MethodGet, path, nil), 401, "unauthorized"},
		"empty":                  {e.request(http.MethodGet, path+"?apiKey=", nil), 401, "unauthorized"},
		"unknown":                {e.request(http.MethodGet, path+"?apiKey="+strings.Repeat("0", 32), nil), 401, "unauthorized"},
		"malformed":              {e.request(http.MethodGet, path+"?apiKey=%zz%00", nil), 401, "unauthorized"},
		"long":                   {e.request(http.MethodGet, path+"?apiKey="+strings.Repeat("a", 5000), nil), 401, "unauthorized"},
		"half quoted":            {e.request(http.MethodGet, path+"?apiKey='"+key, nil), 401, "unauthorized"},
		"as object":              {jsonBody(`{"apiKey":{"a":1}}`), 401, "unauthorized"},
		"as null":                {jsonBody(`{"apiKey":null}`), 401, "unauthorized"},
		"two in query":           {e.request(http.MethodGet, path+"?apiKey="+key+"&apiKey="+other, nil), 400, "two_keys"},
		"two in JSON":            {jsonBody(`{"apiKey":"` + key + `","apiKey":"` + other + `"}`), 400, "two_keys"},
		"two in form":            {form("apiKey=" + key + "&apiKey=" + other), 400, "two_keys"},
		"unknown beside a valid": {form("apiKey=" + key + "&apiKey=x"), 400, "two_keys"},
		"broken JSON":            {jsonBody(`{"apiKey":"` + key), 400, "bad_json"},
		"JSON array":             {jsonBody(`["apiKey"]`), 400, "bad_json"},
		"JSON and more":          {jsonBody(`{"apiKey":"` + key + `"} x`), 400, "bad_json"},
		"text declared as JSON":  {jsonBody("my key is " + key), 400, "bad_json"},
		"two spellings":          {form("apikey=" + key + "&api_key=" + other), 400, "two_keys"},
		"two in a list":          {jsonBody(`{"apiKey":["` + key + `","` + other + `"]}`), 400, "two_keys"},
		"a megabyte":             {form("apiKey=" + key + "&x=" + strings.Repeat("x", 1<<20)), 413, "body_too_large"},
		"64 kB and a byte":       {form("apiKey=" + key + "&x=" + strings.Repeat("x", 64<<10)), 413, "body_too_large"},
	} {
		t.Run(name, func(t *testing.T) { e.send(c.r).fails(t, c.status, c.code) })
	}
}

// A redirect makes GET of POST and drops the body; what clients set themselves stays. Who
// sends nothing is told of that, and nobody else.
func TestBodyLostOnTheWay(t *testing.T) {
	e := newEnv(t)
	_, key := e.device("Kasir")
	ask := func(method, path string, header ...string) string {
		r := e.request(method, path, nil)
		for i := 0; i+1 < len(header); i += 2 {
			r.Header.Set(header[i], header[i+1])
		}
		return e.send(r).body
	}
	const hint = "a redirect"
	for name, body := range map[string]string{
		"no key":       ask(http.MethodGet, "/api/getState", "Content-Type", "application/json"),
		"no parameter": ask(http.MethodGet, "/api/getPairCode", "Content-Type", "application/json", "X-Api-Key", key),
	} {
		if !strings.Contains(body, hint) {
			t.Errorf("%s: %s", name, body)
		}
	}
	for name, body := range map[string]string{
		"typed by hand": ask(http.MethodGet, "/api/getState"),
		"POST":          ask(http.MethodPost, "/api/getState", "Content-Type", "application/json"),
		"unknown key":   ask(http.MethodGet, "/api/getState?apiKey=x", "Content-Type", "application/json"),
	} {
		if strings.Contains(body, hint) {
			t.Errorf("%s: %s", name, body)
		}
	}
}
