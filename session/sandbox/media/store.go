// Package media is the simulated WhatsApp's store of attachments: encrypted files that
// clients upload and download over HTTP, each under the hash of its content. It also
// seals and opens them, which only phones can.
package media

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
)

// Store keeps files in a folder. All methods are safe for concurrent use.
type Store struct {
	dir  string
	temp bool
	key  []byte // of what uploads have to bring

	mu     sync.Mutex
	owners map[string]string // who uploaded a file, by its name
	gone   map[string]int    // files that answer with a status, by their name
}

// ErrGone says that there is no such file.
var ErrGone = errors.New("no such attachment")

// NewStore opens the store in a folder; with an empty one it ends with the process.
func NewStore(dir string) (*Store, error) {
	s := &Store{dir: dir, key: make([]byte, 32), owners: make(map[string]string), gone: make(map[string]int)}
	_, _ = rand.Read(s.key) // never fails, by its documentation
	var err error
	if dir == "" {
		s.temp = true
		s.dir, err = os.MkdirTemp("", "wadah-sandbox-media-*")
	} else {
		err = os.MkdirAll(dir, 0o700)
	}
	if err != nil {
		return nil, fmt.Errorf("folder of attachments: %w", err)
	}
	return s, nil
}

// Close removes what is not to outlive the process.
func (s *Store) Close() error {
	if !s.temp {
		return nil
	}
	return os.RemoveAll(s.dir)
}

// Auth is what uploads of an account have to bring along.
func (s *Store) Auth(owner string) string {
	mac := hmac.New(sha256.New, s.key)
	mac.Write([]byte(owner))
	return owner + "." + base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

// ownerOf returns the account that brings this along; false when nobody was given it.
func (s *Store) ownerOf(auth string) (string, bool) {
	owner, _, _ := strings.Cut(auth, ".")
	return owner, hmac.Equal([]byte(auth), []byte(s.Auth(owner)))
}

// PutPicture keeps a picture of a person or group, which is not encrypted.
func (s *Store) PutPicture(data []byte) (path string, err error) {
	hash := sha256.Sum256(data)
	name := fileName("picture", hash[:])
	if err := os.WriteFile(s.file(name), data, 0o600); err != nil {
		return "", fmt.Errorf("keep picture: %w", err)
	}
	return directPath(name), nil
}

// Put keeps an encrypted file of an account and returns the path that it can be fetched
// under.
func (s *Store) Put(owner string, use Use, data []byte) (path string, err error) {
	hash := sha256.Sum256(data)
	name := fileName(kinds[use], hash[:])
	if err := os.WriteFile(s.file(name), data, 0o600); err != nil {
		return "", fmt.Errorf("keep attachment: %w", err)
	}
	s.own(name, owner)
	return directPath(name), nil
}

func (s *Store) own(name, owner string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.owners[name] = owner
	delete(s.gone, name) // uploaded again
}

// Get reads the file of a path.
func (s *Store) Get(path string) ([]byte, error) {
	name, ok := nameOf(path)
	if !ok {
		return nil, ErrGone
	}
	data, err := os.ReadFile(s.file(name))
	if errors.Is(err, os.ErrNotExist) {
		return nil, ErrGone
	}
	return data, err
}

// Expire makes a file answer with a status such as 410 until it is uploaded again.
func (s *Store) Expire(path string, status int) error {
	name, ok := nameOf(path)
	if !ok {
		return ErrGone
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.gone[name] = status
	return nil
}

func (s *Store) file(name string) string { return filepath.Join(s.dir, name) }

// fileName is the name of a file of a kind with this hash. It is also the last part of
// the file's path.
func fileName(kind string, hash []byte) string {
	return kind + "_" + base64.RawURLEncoding.EncodeToString(hash)
}

// directPath is where a file can be fetched. WhatsApp's paths have a signature and a date
// behind a question mark, and clients append to it with an ampersand.
func directPath(name string) string {
	return pathPrefix + name + ".enc?ccb=11-4&oh=01_sandbox&oe=7FFFFFFF"
}

const pathPrefix = "/v/t62.7118-24/"

// nameOf returns the name of the file that a path means.
func nameOf(path string) (string, bool) {
	path, _, _ = strings.Cut(path, "?")
	name, ok := strings.CutPrefix(path, pathPrefix)
	if !ok {
		return "", false
	}
	name, ok = strings.CutSuffix(name, ".enc")
	return name, ok && validName(name)
}

// validName says whether a name is one that fileName makes; nothing else ever becomes
// part of a path on disk.
func validName(name string) bool {
	kind, encoded, ok := strings.Cut(name, "_")
	hash, err := base64.RawURLEncoding.DecodeString(encoded)
	return ok && err == nil && len(hash) == sha256.Size && validKind(kind)
}

func validKind(kind string) bool {
	for _, known := range kinds {
		if kind == known {
			return true
		}
	}
	return kind == "thumbnail-link" || kind == "sticker-pack" || kind == "picture"
}
