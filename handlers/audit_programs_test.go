package handlers_test

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"wadah/models"
	"wadah/session"
)

// actions are the audit entries about a device, oldest first.
func (e *env) actions(id string) []models.AuditEntry {
	e.t.Helper()
	entries, err := e.store.Audit(e.t.Context(), models.AuditFilter{DeviceID: id})
	if err != nil {
		e.t.Fatal(err)
	}
	slices.Reverse(entries)
	return entries
}

// TestCallsAreWrittenDown makes every call of programs, with a key and without one: what
// changes something leaves an entry that says who, and what only looks leaves none.
func TestCallsAreWrittenDown(t *testing.T) {
	looks := []string{
		"getQR", "getState", "getWWebVersion", "getDevice", "getPasskeyRequest", "events",
		"getEvents", "getMessages", "getMessageStatus", "getLid", "getLimits", "getListGroup", "getInfoGroup", "listWebhook", "listWebhookDelivery",
	}
	for name, withKey := range map[string]bool{"with a key": true, "without one": false} {
		t.Run(name, func(t *testing.T) {
			e := newEnv(t)
			id, key := e.device("Kasir")
			if _, err := e.manager.SetDefaultDevice(t.Context(), id, true); err != nil {
				t.Fatal(err)
			}
			keys, err := e.store.Keys(t.Context(), id)
			if err != nil {
				t.Fatal(err)
			}
			actor, kind, detail := "keyless", "keyless", ""
			if withKey {
				actor, kind, detail = keys[0].ID, "key", "main"
			}
			made := slices.Clone(looks)
			call := func(call, action string) {
				t.Helper()
				name, _, _ := strings.Cut(call, "?")
				made = append(made, name)
				before := len(e.actions(id))
				r := e.request(http.MethodGet, "/api/"+call, nil)
				if withKey {
					r.Header.Set("X-Api-Key", key)
				}
				if got := e.send(r); got.StatusCode != http.StatusOK {
					t.Fatalf("%s: %d %s", call, got.StatusCode, got.body)
				}
				fresh := e.actions(id)[before:]
				if action == "" && len(fresh) == 0 {
					return
				}
				want := models.AuditEntry{Actor: actor, ActorKind: kind, Action: action, DeviceID: id, Target: "Kasir", Address: "127.0.0.1", Detail: detail}
				if len(fresh) == 1 {
					want.ID, want.At = fresh[0].ID, fresh[0].At
				}
				if len(fresh) != 1 || fresh[0] != want {
					t.Errorf("%s wrote down %+v, want %+v", call, fresh, want)
				}
			}
			call("serviceDestroy", "") // it is off
			call("serviceStart", "device.start")
			call("serviceStart", "") // it is on
			e.await(id, session.StateScan)
			for _, name := range []string{"getQR", "getState", "getWWebVersion", "getDevice"} {
				call(name, "")
			}
			call("getPairCode?phone=6281234567890", "device.pair")
			call("getPairCode?phone=6281234567890", "") // it is the same
			call("getPairCode?phone=6281234567890&renew=1", "device.pair")
			call("serviceRestart", "device.restart")
			e.await(id, session.StateScan)
			conn := e.driver.Conn(id)
			conn.Tell(session.SignalPasskey{Request: []byte(`{}`)})
			e.await(id, session.StatePairing)
			call("getPasskeyRequest", "")
			call("sendPasskeyResponse?response={}", "device.passkey")
			conn.Tell(session.SignalPasskeyCode{Code: "123456", Confirm: true})
			call("confirmPasskey", "device.passkey_confirm")
			call("serviceDestroy", "device.stop")
			e.start(id, session.StateScan)
			e.link(id, "6281234567890:1@s.whatsapp.net")
			call("sendMessage?phone=6281234567891&message=halo", "message.send")
			sent := e.lastSent(id)
			for _, name := range []string{
				"sendMessage?phone=6281234567891&message=halo", // once in a while is enough
				"sendMessageGroup?id_group=120363041234567890@g.us&message=halo",
				"sendLocation?phone=6281234567891&latitude=-6.2&longitude=106.8", "sendContact?phone=6281234567891&name=Budi&contact=6281234567892",
				"sendPoll?phone=6281234567891&question=hari&options=Senin&options=Selasa", "sendReaction?reaction=x&id_message=" + sent,
				"editMessage?message=hai&id_message=" + sent, "forwardMessage?phone=6281234567892&id_message=" + sent,
				"deleteMessage?id_message=" + sent, "sendTemplateMessage?phone=6281234567891&body_message=halo",
			} {
				call(name, "")
			}
			call("sendTyping?phone=6281234567891", "message.online")
			call("setPresence?presence=unavailable", "")
			call("rejectCall?phone=6281234567891&id_call=ABC", "call.reject")
			call("checkNumber?phone=6281234567891", "number.check")
			arrived := e.arrive(id, "6281234567891@s.whatsapp.net", "halo")
			call("readMessage?id_message="+arrived, "message.read")
			call("readChat?phone=6281234567891", "")
			call("addWebhook?url=https://webhook.invalid/", "webhook.add")
			hooks, err := e.store.Endpoints(t.Context(), id)
			if err != nil {
				t.Fatal(err)
			}
			hook := "?id=" + hooks[0].ID
			call("editWebhook"+hook+"&events=message", "webhook.edit")
			call("testWebhook"+hook, "webhook.test") // it fails, and that is an answer
			call("rotateWebhookSecret"+hook, "webhook.rotate")
			call("replayWebhook"+hook+"&dead=1", "webhook.replay")
			call("deleteWebhook"+hook, "webhook.delete")
			call("serviceLogout", "device.logout")
			call("serviceLogout", "") // it is not linked

			for _, r := range e.server.Routes() {
				if call := strings.TrimPrefix(r.Path, "/api/"); r.May == "key" && !slices.Contains(made, call) {
					t.Errorf("nobody says whether %s leaves an entry", call)
				}
			}
		})
	}
}

// TestProgramsDoNotFillTheAudit switches a device on and off far more often than anybody
// would want to read.
func TestProgramsDoNotFillTheAudit(t *testing.T) {
	e := newEnv(t)
	id, key := e.device("Kasir")
	for range 120 {
		e.get("/api/serviceStart?apiKey=" + key)
		e.get("/api/serviceDestroy?apiKey=" + key)
	}
	if n := len(e.actions(id)); n < 100 || n > 110 {
		t.Errorf("%d entries after 240 calls", n)
	}
}

// TestGuestsActForThemselves opens a scan link in two browsers of one address: what they do
// is theirs, not that of who made the link, and each counts.
func TestGuestsActForThemselves(t *testing.T) {
	e := newEnv(t)
	id, _ := e.device("Kasir")
	path := e.scanLink(e.admin(), id)
	first, second := e.browser(), e.browser()
	for range 3 {
		first.get(path).has(t, http.StatusOK, "scan-live")
		second.get(path).has(t, http.StatusOK, "scan-live")
	}
	second.post(path+"/start", nil).leads(t, path)
	e.await(id, session.StateScan)
	first.post(path+"/pair", url.Values{"phone": {"6281234567890"}}).leads(t, path)
	links, err := e.store.ScanLinks(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, entry := range e.actions(id) {
		if entry.Action == "scanlink.create" {
			continue
		}
		got = append(got, entry.Action)
		maker, agent, _ := strings.Cut(entry.Detail, "\n")
		if entry.ActorKind != "guest" || entry.Actor != links[0].ID || maker != "boss" || entry.Target != "Kasir" || entry.Address == "" ||
			(agent == "") == (entry.Action == "scanlink.open") {
			t.Errorf("%+v", entry)
		}
	}
	if want := []string{"scanlink.open", "scanlink.open", "device.start", "device.pair"}; !slices.Equal(got, want) {
		t.Errorf("written down: %q, want %q", got, want)
	}

	// One that keeps no cookies is another one each time, up to a point.
	for range 150 {
		e.get(path)
	}
	if n := len(e.actions(id)); n < 90 || n > 120 {
		t.Errorf("%d entries", n)
	}
}

// TestAuditSpeaksTheReadersLanguage shows what is stored in the words of programs.
func TestAuditSpeaksTheReadersLanguage(t *testing.T) {
	e := newEnv(t)
	id, key := e.device("Kasir")
	if _, err := e.manager.SetDefaultDevice(t.Context(), id, true); err != nil {
		t.Fatal(err)
	}
	b := e.admin()
	e.get("/api/serviceStart?apiKey=" + key)
	e.get("/api/serviceDestroy")
	guest := e.browser()
	path := e.scanLink(b, id)
	r := e.request(http.MethodGet, path, nil)
	r.Header.Set("User-Agent", "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/143.0.0.0 Mobile Safari/537.36")
	guest.do(r)
	someone := e.user("siti", models.RoleViewer)
	b.post("/people/"+someone.ID+"/role", url.Values{"role": {"operator"}}).leads(t, "/people/"+someone.ID)
	b.post("/settings/times", url.Values{"scan_window": {"15"}, "grace": {"90"}}).leads(t, "/settings")
	b.post("/settings/retention", url.Values{"days": {"0"}}).leads(t, "/settings")
	b.post("/settings/zone", url.Values{"zone": {""}}).leads(t, "/settings")
	b.post("/devices/"+id+"/default", url.Values{"on": {"false"}})
	e.get("/api/listDevice?secret=x")

	for lang, words := range map[string][]string{
		"id": {
			"Program tanpa kunci", "di mesin ini", "<b>main</b>", "kunci API", "Tamu", "tautan pindai dari boss", "Chrome · Android", "Hanya melihat → Operator",
			"Batas waktu pemindaian", "10 mnt → 15 mnt", "2 mnt → 1 mnt 30 dtk", "tanpa batas", "Zona waktu server", "dinonaktifkan",
		},
		"en": {
			"Program without a key", "on this machine", "<b>main</b>", "API key", "Guest", "scan link by boss", "Chrome · Android", "Viewer → Operator",
			"Scan window", "10 min → 15 min", "2 min → 1 min 30 s", "no end", "The server’s own", "switched off",
		},
	} {
		b.lang = lang
		page := b.get("/audit")
		page.has(t, http.StatusOK, "audit-row")
		for _, word := range words {
			if !strings.Contains(page.body, word) {
				t.Errorf("%s: the page lacks %q", lang, word)
			}
		}
		for _, raw := range []string{"keyless", "viewer →", "10m0s", "scan_window", "audit_retention_days", "Mozilla", ">on<", ">off<"} {
			if strings.Contains(strings.Split(page.body, `<table class="audit">`)[1], raw) {
				t.Errorf("%s: the page shows %q as it is stored", lang, raw)
			}
		}
	}
}
