package vault

import (
	"bytes"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"wadah/models/engine"
	"wadah/models/files"
)

// KeyFile is the name of the server key's file in the data folder.
const KeyFile = "server.key"

// serverKeySize is the length of the server key in bytes.
const serverKeySize = 32

// Parse reads a server key from its text form, 64 hexadecimal digits;
// white space around them is ignored. The error is ErrWrongKey and does not
// contain the text.
func Parse(text string) ([]byte, error) {
	key, err := hex.DecodeString(strings.TrimSpace(text))
	if err != nil || len(key) != serverKeySize {
		return nil, engine.Faultf(engine.ErrWrongKey, nil, "the server key must be 64 hexadecimal digits")
	}
	if bytes.Equal(key, make([]byte, serverKeySize)) {
		return nil, engine.Faultf(engine.ErrWrongKey, nil, "the server key is all zeros, which protects nothing; use the one that was made with the database")
	}
	return key, nil
}

// Load returns the server key kept in the data folder dir, and makes
// folder and key when there is none yet (created is true then). A key that others
// may read is made private (0600). It never makes a new key beside one of the files
// sealed, whose secrets only the old key can open: that is ErrWrongKey. When
// the folder cannot be used the error is ErrStorage.
func Load(dir string, sealed ...string) (key []byte, created bool, err error) {
	path := filepath.Join(dir, KeyFile)
	key, err = readServerKey(path)
	if !errors.Is(err, fs.ErrNotExist) {
		return key, false, err
	}
	for _, name := range sealed {
		if _, err := os.Lstat(filepath.Join(dir, name)); err == nil {
			return nil, false, engine.Faultf(engine.ErrWrongKey, nil,
				"%s is missing although %s exists: the folder %s was copied in part; copy %s too, or give the key in WADAH_SERVER_KEY",
				KeyFile, name, dir, KeyFile)
		}
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		why, kind := engine.Classify(err, files.Classify)
		return nil, false, engine.Faultf(kind, err, "the data folder %s cannot be made: %s", dir, why)
	}
	key = make([]byte, serverKeySize)
	rand.Read(key)
	err = files.WriteNew(path, []byte(hex.EncodeToString(key)+"\n"))
	if errors.Is(err, fs.ErrExist) {
		// Another process was first; its key is the key.
		key, err = readServerKey(path)
		return key, false, err
	}
	if err != nil {
		why, kind := engine.Classify(err, files.Classify)
		return nil, false, engine.Faultf(kind, err, "the server key cannot be written to %s: %s", path, why)
	}
	return key, true, nil
}

// readServerKey reads the key file; a missing file is fs.ErrNotExist.
func readServerKey(path string) ([]byte, error) {
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fs.ErrNotExist
	}
	if err == nil && !info.Mode().IsRegular() {
		return nil, engine.Faultf(engine.ErrStorage, nil, "%s is not a file; move it away", path)
	}
	var text []byte
	if err == nil {
		text, err = os.ReadFile(path)
	}
	if err != nil {
		why, kind := engine.Classify(err, files.Classify)
		return nil, engine.Faultf(kind, err, "the server key %s cannot be read: %s", path, why)
	}
	key, err := Parse(string(text))
	if err != nil {
		return nil, engine.Faultf(engine.ErrWrongKey, err, "the server key in %s is damaged; restore the file from a backup", path)
	}
	// Windows has no such bits.
	if runtime.GOOS != "windows" && info.Mode().Perm()&0o077 != 0 {
		if err := os.Chmod(path, 0o600); err != nil {
			why, kind := engine.Classify(err, files.Classify)
			return nil, engine.Faultf(kind, err, "others may read the server key %s and it cannot be made private: %s", path, why)
		}
	}
	return key, nil
}
