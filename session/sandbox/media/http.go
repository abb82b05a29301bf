package media

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"os"
	"strings"
	"time"

	"wadah/session/sandbox/violation"
)

// maxUpload is the largest file that WhatsApp takes, with some room for its encryption.
const maxUpload = 2<<30 + 1<<10

// Trouble is asked what goes wrong with a download on purpose: Status is answered instead
// of the file if it is not 0, and the answer takes Delay longer.
type Trouble interface {
	Fetching(owner string) (status int, delay time.Duration)
}

// Server serves a store to clients over HTTP.
type Server struct {
	Store      *Store
	Log        *slog.Logger
	Violations *violation.List
	Trouble    Trouble
}

// Routes mounts the paths that media hosts have.
func (s *Server) Routes(mux *http.ServeMux) {
	mux.HandleFunc("POST /mms/{kind}/{token}", s.upload)
	mux.HandleFunc("DELETE /mms/{kind}/{token}", s.remove)
	mux.HandleFunc("GET "+pathPrefix+"{file}", s.download)
}

// uploaded is the answer to an upload.
type uploaded struct {
	URL        string `json:"url"`
	DirectPath string `json:"direct_path"`
}

// upload takes a file: its address is the hash of its content, and it has to be so.
func (s *Server) upload(w http.ResponseWriter, r *http.Request) {
	name, owner, ok := s.nameFor(w, r)
	if !ok {
		return
	}
	temp, err := os.CreateTemp(s.Store.dir, "upload-*")
	if err != nil {
		s.fail(w, http.StatusInternalServerError, "keep upload", err)
		return
	}
	defer func() { _ = os.Remove(temp.Name()) }() // gone already when all went well
	hash := sha256.New()
	size, err := io.Copy(io.MultiWriter(temp, hash), http.MaxBytesReader(w, r.Body, maxUpload))
	if err = errors.Join(err, temp.Close()); err != nil {
		s.fail(w, http.StatusBadRequest, "upload broke off", err)
		return
	}
	want, _ := readToken(r.PathValue("token")) // nameFor has done it before
	if size == 0 || string(hash.Sum(nil)) != string(want) {
		s.Violations.Add(violation.Media, "", r.PathValue("token"), "an upload whose content has another hash than its address")
		s.fail(w, http.StatusBadRequest, "hash of upload", nil)
		return
	}
	if err := os.Rename(temp.Name(), s.Store.file(name)); err != nil {
		s.fail(w, http.StatusInternalServerError, "keep upload", err)
		return
	}
	s.Store.own(name, owner)
	path := directPath(name)
	w.Header().Set("Content-Type", "application/json")
	if err := json.NewEncoder(w).Encode(uploaded{URL: "https://" + r.Host + path, DirectPath: path}); err != nil {
		s.Log.Debug("answer to upload not delivered", slog.Any("err", err))
	}
}

// remove forgets a file, as clients ask for when they have read a history blob.
func (s *Server) remove(w http.ResponseWriter, r *http.Request) {
	name, _, ok := s.nameFor(w, r)
	if !ok {
		return
	}
	if err := os.Remove(s.Store.file(name)); errors.Is(err, os.ErrNotExist) {
		s.fail(w, http.StatusNotFound, "nothing to delete", nil)
	} else if err != nil {
		s.fail(w, http.StatusInternalServerError, "delete", err)
	}
}

// nameFor checks the address of an upload or deletion.
func (s *Server) nameFor(w http.ResponseWriter, r *http.Request) (name, owner string, ok bool) {
	hash, err := readToken(r.PathValue("token"))
	kind := r.PathValue("kind")
	if kind == "ptt" {
		kind = "audio"
	}
	if err != nil || len(hash) != sha256.Size || !validKind(kind) || r.URL.Query().Get("token") != r.PathValue("token") {
		s.Violations.Add(violation.Media, "", r.PathValue("token"), "an address of an upload that is none")
		s.fail(w, http.StatusBadRequest, "address of upload", err)
		return "", "", false
	}
	if owner, ok = s.Store.ownerOf(r.URL.Query().Get("auth")); !ok {
		s.fail(w, http.StatusUnauthorized, "upload without the right auth", nil)
		return "", "", false
	}
	return fileName(kind, hash), owner, true
}

// readToken reads the hash in an address; some clients leave the padding out.
func readToken(token string) ([]byte, error) {
	return base64.RawURLEncoding.DecodeString(strings.TrimRight(token, "="))
}

// download serves a file, or a part of it.
func (s *Server) download(w http.ResponseWriter, r *http.Request) {
	name, ok := nameOf(r.URL.Path)
	_, encoded, _ := strings.Cut(name, "_")
	asked := strings.TrimRight(r.URL.Query().Get("hash"), "=")
	switch {
	case !ok:
		s.fail(w, http.StatusNotFound, "no such path", nil)
		return
	case asked != "" && asked != encoded:
		s.Violations.Add(violation.Media, "", name, "a download with the hash of another file")
		s.fail(w, http.StatusForbidden, "hash of download", nil)
		return
	}
	s.Store.mu.Lock()
	owner, status := s.Store.owners[name], s.Store.gone[name]
	s.Store.mu.Unlock()
	wrong, delay := s.Trouble.Fetching(owner)
	if wrong != 0 {
		status = wrong
	}
	if !wait(r, delay) {
		return
	}
	if status != 0 {
		s.fail(w, status, "refused on purpose", nil)
		return
	}
	file, err := os.Open(s.Store.file(name))
	if err != nil {
		s.fail(w, http.StatusNotFound, "no such file", err)
		return
	}
	defer func() { _ = file.Close() }() // it was only read
	w.Header().Set("Content-Type", "application/octet-stream")
	http.ServeContent(w, r, "", time.Time{}, file)
}

// wait keeps a request waiting; false when its client has gone.
func wait(r *http.Request, d time.Duration) bool {
	if d <= 0 {
		return true
	}
	select {
	case <-time.After(d):
		return true
	case <-r.Context().Done():
		return false
	}
}

func (s *Server) fail(w http.ResponseWriter, status int, why string, err error) {
	s.Log.Debug("media request refused", slog.String("why", why), slog.Int("status", status), slog.Any("err", err))
	http.Error(w, http.StatusText(status), status)
}
