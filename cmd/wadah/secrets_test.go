package main

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"image/png"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/makiuchi-d/gozxing"
	"github.com/makiuchi-d/gozxing/qrcode"
)

// A story with every kind of secret in it, at the loudest log level: none of them stands
// in the log of the server, nor in that of the command line beside it.
func TestNoSecretIsLogged(t *testing.T) {
	w := newWorld(t)
	server := w.serve("--log-format", "json")
	secrets := map[string]string{"password": goodPassword}
	setup, err := url.Parse(server.printed(`http://\S+/setup\?token=\S+`)[0])
	if err != nil {
		t.Fatal(err)
	}
	secrets["set-up token"] = setup.Query().Get("token")

	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	browser := &visitor{t, &http.Client{Jar: jar}}
	form := url.Values{"token": {secrets["set-up token"]}, "name": {"ani"}, "password": {goodPassword}, "password2": {goodPassword}}
	if status, page := browser.post(server.url+"/setup", form); status != http.StatusOK {
		t.Fatalf("set-up: %d\n%s", status, page)
	}
	own, err := url.Parse(server.url)
	if err != nil {
		t.Fatal(err)
	}
	secrets["login"] = jar.Cookies(own)[0].Value
	newVisitor(t).post(server.url+"/signin", url.Values{"name": {"ani"}, "password": {"a wrong password typed"}})
	secrets["wrong password"] = "a wrong password typed"

	secrets["key"] = w.addDevice("Kasir")
	secrets["wrong key"] = strings.Repeat("ab", 16)
	if answer, err := server.api("getState", secrets["wrong key"]); err != nil || answer.Code != http.StatusUnauthorized {
		t.Fatalf("a wrong key: %+v %v", answer, err)
	}
	find := func(page, pattern string) string {
		t.Helper()
		m := regexp.MustCompile(pattern).FindStringSubmatch(page)
		if m == nil {
			t.Fatalf("nothing matches %s in\n%s", pattern, page)
		}
		return m[1]
	}
	_, page := browser.post(server.url+"/settings/secret", url.Values{"overlap": {"0s"}})
	secrets["system secret"] = find(page, `data-testid="secret-value">([0-9a-f]{32})<`)
	status, body, err := request(t.Context(), http.MethodGet, server.url+"/api/listDevice?secret="+secrets["system secret"], "", "")
	if err != nil || status != http.StatusOK {
		t.Fatalf("listDevice: %d %v", status, err)
	}
	var list struct{ Data []struct{ ID string } }
	if err := json.Unmarshal(body, &list); err != nil || len(list.Data) != 1 {
		t.Fatalf("listDevice: %v %s", err, body)
	}
	device := server.url + "/devices/" + list.Data[0].ID
	_, page = browser.post(device+"/keys", url.Values{"name": {"Toko"}})
	secrets["second key"] = find(page, `data-testid="key-row-value">([0-9a-f]{32})<`)
	_, page = browser.post(device+"/scan-links", url.Values{"life": {"15m"}})
	secrets["scan link"] = find(page, `data-testid="scan-link-url">http://[^/]+/scan/([^<]+)<`)
	scan := server.url + "/scan/" + secrets["scan link"]
	if status, _ := newVisitor(t).get(scan); status != http.StatusOK {
		t.Fatalf("scan page: %d", status)
	}

	secrets["proxy's password"] = "perahu-di-proksi"
	browser.post(device+"/proxy", url.Values{"proxy": {"http://budi:" + secrets["proxy's password"] + "@127.0.0.1:1"}})
	server.must("serviceStart", secrets["key"])
	server.is(secrets["key"], "SERVICE_OFF", "proxy_failed")
	browser.post(device+"/proxy", url.Values{"remove": {"yes"}})

	phone := w.newPhone()
	secrets["phone number"] = phone
	server.must("serviceStart", secrets["key"])
	qr := server.must("getQR", secrets["key"], "wait", "25").Results.QRString
	secrets["QR picture"] = qr[len("data:image/png;base64,"):][:200]
	secrets["QR text"] = qrText(t, qr)
	secrets["QR part"] = strings.Split(secrets["QR text"], ",")[1]
	code := pairCode(t, server, secrets["key"], phone)
	secrets["pairing code"], secrets["pairing code, joined"] = code, strings.ReplaceAll(code, "-", "")
	w.control("code", map[string]any{"phone": phone, "code": code})
	server.is(secrets["key"], "CONNECTED", "ready")
	server.must("serviceLogout", secrets["key"])
	serverKey, err := os.ReadFile(filepath.Join(w.data, "server.key"))
	if err != nil {
		t.Fatal(err)
	}
	secrets["server key"] = strings.TrimSpace(string(serverKey))
	server.stop()

	log := server.stderr.String()
	if strings.Count(log, "\n") < 12 || !strings.Contains(log, `"route":"/scan/:token"`) {
		t.Errorf("the log is too short to prove anything:\n%s", log)
	}
	for name, secret := range secrets {
		if len(secret) < 8 {
			t.Errorf("%s is no secret: %q", name, secret)
			continue
		}
		if at := strings.Index(log, secret); at >= 0 {
			t.Errorf("the log holds the %s: …%.300s", name, log[max(0, at-150):])
		}
	}
}

// pairCode asks for a code to link by number.
func pairCode(t *testing.T, server *installation, key, phone string) string {
	t.Helper()
	status, body, err := request(t.Context(), http.MethodGet, server.url+"/api/getPairCode?apiKey="+key+"&phone="+phone, "", "")
	if err != nil || status != http.StatusOK {
		t.Fatalf("getPairCode: %d %s %v", status, body, err)
	}
	return decode[struct{ Results struct{ Code string } }](t, body).Results.Code
}

// qrText reads a QR picture as a phone does.
func qrText(t *testing.T, uri string) string {
	t.Helper()
	raw, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(uri, "data:image/png;base64,"))
	if err != nil {
		t.Fatal(err)
	}
	img, err := png.Decode(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	bitmap, err := gozxing.NewBinaryBitmapFromImage(img)
	if err != nil {
		t.Fatal(err)
	}
	// One way alone misses a clean picture now and then.
	for _, hint := range []gozxing.DecodeHintType{gozxing.DecodeHintType_PURE_BARCODE, gozxing.DecodeHintType_TRY_HARDER} {
		result, missed := qrcode.NewQRCodeReader().Decode(bitmap, map[gozxing.DecodeHintType]any{hint: true})
		if missed == nil {
			return result.GetText()
		}
		err = missed
	}
	t.Fatal(err)
	return ""
}
