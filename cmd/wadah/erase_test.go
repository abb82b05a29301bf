package main

import (
	"bytes"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"wadah/models"
)

// TestErasedIsGone writes with somebody and erases them: afterwards no row, no file and no
// line of the log has their number, their name or a word that was said. The log never had.
func TestErasedIsGone(t *testing.T) {
	w := newWorld(t)
	server := w.serve("--log-format", "json")
	setup := server.printed(`http://\S+/setup\?token=(\S+)`)[1]
	admin := newVisitor(t)
	form := url.Values{"token": {setup}, "name": {"ani"}, "password": {goodPassword}, "password2": {goodPassword}}
	if status, page := admin.post(server.url+"/setup", form); status != http.StatusOK {
		t.Fatalf("set-up: %d\n%s", status, page)
	}
	const friend, name, said, answered = "6281399887766", "Kusumawardhani", "alamat saya Jalan Kenanga", "pesanan sudah dikirim"
	w.control("phones", map[string]any{"number": friend, "name": name})
	key, phone := w.addDevice("Toko"), w.newPhone()
	if err := w.link(server, key, phone); err != nil {
		t.Fatal(err)
	}
	server.is(key, "CONNECTED", "ready")
	w.settled()
	for i := range 20 {
		w.control("send", map[string]any{"phone": friend, "to": phone, "text": fmt.Sprint(said, " ", i)})
	}
	server.must("sendMessage", key, "phone", friend, "message", answered, "idempotency_key", "k1")

	db, err := sql.Open(w.source())
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	count := func(query string, args ...any) (n int) {
		t.Helper()
		if err := db.QueryRowContext(t.Context(), query, args...).Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	eventually(t, func() error {
		in, seen := count(`SELECT COUNT(*) FROM messages WHERE sender_id <> ''`), count(`SELECT COUNT(*) FROM messages WHERE status IN ('delivered', 'read')`)
		if named := count(`SELECT COUNT(*) FROM contacts WHERE push_name = $1 AND lid IS NOT NULL AND pn IS NOT NULL`, name); in != 20 || seen != 1 || named != 1 {
			return fmt.Errorf("%d messages have come, %d are delivered, %d contacts are known", in, seen, named)
		}
		return nil
	})
	var lid string
	if err := db.QueryRowContext(t.Context(), `SELECT lid FROM contacts WHERE push_name = $1`, name).Scan(&lid); err != nil {
		t.Fatal(err)
	}
	user, _, _ := strings.Cut(lid, "@")
	tables := map[string]string{
		"contacts": `lid = $1 OR pn = $2`, "whatsmeow_contacts": `their_jid IN ($1, $2)`, "whatsmeow_lid_map": `lid = $3 OR pn = $4`,
		"library_message_secrets": `chat_jid IN ($1, $2) OR sender_jid IN ($1, $2)`, "whatsmeow_privacy_tokens": `their_jid IN ($1, $2)`,
		"whatsmeow_chat_settings": `chat_jid IN ($1, $2)`, "whatsmeow_retry_buffer": `chat_jid IN ($1, $2)`,
	}
	rows := func(table string) int {
		t.Helper()
		where := strings.NewReplacer("$1", "'"+lid+"'", "$2", "'"+friend+"@s.whatsapp.net'", "$3", "'"+user+"'", "$4", "'"+friend+"'").Replace(tables[table])
		return count("SELECT COUNT(*) FROM " + table + " WHERE " + where)
	}
	for _, table := range []string{"contacts", "whatsmeow_contacts", "whatsmeow_lid_map", "library_message_secrets"} {
		if rows(table) == 0 {
			t.Errorf("%s has nothing of them: the test proves less than it should", table)
		}
	}

	erase := url.Values{"number": {"+" + friend}, "confirm": {"yes"}}
	if status, page := admin.post(server.url+"/settings/erase", erase); status != http.StatusOK || !strings.Contains(page, "erase-done") || strings.Contains(page, "erase-traces") {
		t.Fatalf("erase: %d\n%s", status, page)
	}
	for table := range tables {
		if n := rows(table); n != 0 {
			t.Errorf("%s has %d rows of them", table, n)
		}
	}
	if n := count(`SELECT COUNT(*) FROM messages`) + count(`SELECT COUNT(*) FROM chats WHERE contact_id IS NOT NULL AND last_at > 0`) + count(`SELECT COUNT(*) FROM idempotency`); n != 0 {
		t.Errorf("%d rows are left", n)
	}
	words := []string{friend, friend[3:], name, "Jalan Kenanga", answered}
	noBytes(t, "while the server runs", w, words)
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	server.stop()
	noBytes(t, "afterwards", w, words)
	for _, word := range append(words, user) {
		if strings.Contains(server.stderr.String(), word) {
			t.Errorf("the log has %q", word)
		}
	}
}

// noBytes looks for words in every file of the data folder; PostgreSQL's are its own.
func noBytes(t *testing.T, when string, w *world, words []string) {
	t.Helper()
	read := make(map[string]bool)
	err := filepath.WalkDir(w.data, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			if errors.Is(err, fs.ErrNotExist) {
				return nil
			}
			return err
		}
		content, err := os.ReadFile(path)
		if err != nil {
			if errors.Is(err, fs.ErrNotExist) {
				return nil
			}
			return err
		}
		read[filepath.Base(path)] = true
		for _, word := range words {
			if at := bytes.Index(content, []byte(word)); at >= 0 {
				t.Errorf("%s: %s has %q at %d", when, filepath.Base(path), word, at)
			}
		}
		return nil
	})
	if err != nil || w.pg == "" && !read[models.DatabaseFile] {
		t.Errorf("%s: read %v (%v)", when, read, err)
	}
}
