package sandbox

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"sync"

	"go.mau.fi/whatsmeow/util/keys"
)

// stateVersion is the layout of the state file. A file of another one is refused.
const stateVersion = 1

// stateFile is what survives a restart.
type stateFile struct {
	Version int           `json:"version"`
	Phones  []storedPhone `json:"phones"`
}

type storedPhone struct {
	Number     string       `json:"number"`
	Name       string       `json:"name"`
	Platform   Platform     `json:"platform,omitempty"` // empty in files of older versions: Android
	LID        string       `json:"lid"`
	RawID      uint32       `json:"rawId"`
	Identity   []byte       `json:"identity"` // private key, 32 bytes
	Online     bool         `json:"online"`
	Passkey    bool         `json:"passkey"`
	KeyIndex   uint32       `json:"keyIndex"`
	LastIndex  uint16       `json:"lastIndex"`
	Companions []*companion `json:"companions"`
}

// stateSaver writes one state at a time, so that an older one cannot overwrite a
// newer one.
type stateSaver struct {
	mu   sync.Mutex
	path string
}

// save tells the watchers and writes the state file, if there is one, by replacing it
// whole.
func (s *Service) save() error {
	s.changed()
	if s.saver.path == "" {
		return nil
	}
	s.saver.mu.Lock()
	defer s.saver.mu.Unlock()
	s.mu.Lock()
	raw, err := json.Marshal(s.snapshotState())
	s.mu.Unlock()
	if err == nil {
		err = replaceFile(s.saver.path, raw)
	}
	if err != nil {
		return fmt.Errorf("%w: write: %w", ErrStateFile, err)
	}
	return nil
}

// snapshotState copies what is to be stored. The caller holds mu.
func (s *Service) snapshotState() stateFile {
	state := stateFile{Version: stateVersion, Phones: make([]storedPhone, 0, len(s.phones))}
	for _, number := range slices.Sorted(maps.Keys(s.phones)) {
		p := s.phones[number]
		stored := storedPhone{
			Number: p.number, Name: p.name, Platform: p.platform, LID: p.lid, RawID: p.rawID, Identity: p.identity.Priv[:],
			Online: p.online, Passkey: p.passkey, KeyIndex: p.keyIndex, LastIndex: p.lastIndex,
		}
		for _, index := range slices.Sorted(maps.Keys(p.companions)) {
			c := *p.companions[index]
			keys := s.router.KeysOf(p.number, index)
			c.Signed, c.Stock = &keys.Signed, keys.Stock
			stored.Companions = append(stored.Companions, &c)
		}
		state.Phones = append(state.Phones, stored)
	}
	return state
}

// replaceFile writes a file beside the old one and renames it over it.
func replaceFile(path string, data []byte) error {
	temp, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*")
	if err != nil {
		return err
	}
	_, err = temp.Write(data)
	if err = errors.Join(err, temp.Close()); err == nil {
		err = os.Rename(temp.Name(), path) //nolint:gosec // the operator names the file; what requests bring goes into it alone
	}
	if err != nil {
		return errors.Join(err, os.Remove(temp.Name())) //nolint:gosec // as above
	}
	return nil
}

// loadState reads the state file; a missing one is a fresh start.
func (s *Service) loadState() error {
	if s.saver.path == "" {
		return nil
	}
	raw, err := os.ReadFile(s.saver.path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("%w: read: %w", ErrStateFile, err)
	}
	var state stateFile
	if err := json.Unmarshal(raw, &state); err != nil {
		return fmt.Errorf("%w: %s is damaged: %w", ErrStateFile, s.saver.path, err)
	}
	if state.Version != stateVersion {
		return fmt.Errorf("%w: %s has layout %d, expected %d", ErrStateFile, s.saver.path, state.Version, stateVersion)
	}
	for _, stored := range state.Phones {
		p, err := stored.restore()
		if err != nil {
			return fmt.Errorf("%w: %s: %w", ErrStateFile, s.saver.path, err)
		}
		s.register(p)
		if !p.online {
			continue
		}
		if err := p.set.Connect(); err != nil {
			return fmt.Errorf("%w: switch phone on: %w", ErrStateFile, err)
		}
	}
	return nil
}

var errStored = errors.New("damaged phone or device")

func (stored storedPhone) restore() (*phone, error) {
	if checkNumber(stored.Number) != nil || len(stored.Identity) != 32 || stored.LID == "" {
		return nil, errStored
	}
	p := &phone{
		number: stored.Number, name: stored.Name, platform: cmp.Or(stored.Platform, Android),
		lid: stored.LID, rawID: stored.RawID,
		identity: keys.NewKeyPairFromPrivateKey([32]byte(stored.Identity)),
		online:   stored.Online, passkey: stored.Passkey, keyIndex: stored.KeyIndex, lastIndex: stored.LastIndex,
		companions: make(map[uint16]*companion), links: make(map[*link]bool),
	}
	for _, c := range stored.Companions {
		if c == nil || c.Index == 0 || len(c.NoiseKey) != 32 || len(c.IdentityKey) != 32 || p.companions[c.Index] != nil {
			return nil, errStored
		}
		p.companions[c.Index] = c
	}
	return p, nil
}
