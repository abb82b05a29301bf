package handset

import (
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"strconv"
	"sync"
	"time"

	"go.mau.fi/whatsmeow/appstate"
	waBinary "go.mau.fi/whatsmeow/binary"
	"go.mau.fi/whatsmeow/proto/waE2E"
	"go.mau.fi/whatsmeow/proto/waServerSync"
	"go.mau.fi/whatsmeow/proto/waSyncAction"
	"go.mau.fi/whatsmeow/store"
	"go.mau.fi/whatsmeow/types"
	waLog "go.mau.fi/whatsmeow/util/log"
	"google.golang.org/protobuf/proto"

	"wadah/session/sandbox/media"
	"wadah/session/sandbox/stanza"
	"wadah/session/sandbox/violation"
)

// What the devices of an account share (WhatsApp's "app state"): the phone's name, who is
// in the address book, which chats are muted. It is encrypted with a key that the phone
// makes and gives to each linked device. Patches are made and checked by the library's
// own code.

// settings is the phone's side of it. It is made when the first device is linked: a phone
// without devices has nobody to share with.
type settings struct {
	mu    sync.Mutex
	keyID []byte
	key   *waE2E.AppStateSyncKeyData
	salt  []byte // of the proofs that stand in for privacy tokens
	proc  *appstate.Processor
	store *settingsStore
	blobs map[appstate.WAPatchName]map[string]*waServerSync.SyncdRecord // by index MAC
	macs  map[appstate.WAPatchName][]byte                               // of the newest patch
}

// share makes the key and the first settings, once, and returns the key for a device.
func (p *Phone) share() (*waE2E.AppStateSyncKeyShare, error) {
	s := &p.settings
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.key == nil {
		if err := p.firstSettings(); err != nil {
			return nil, err
		}
	}
	return &waE2E.AppStateSyncKeyShare{Keys: []*waE2E.AppStateSyncKey{{
		KeyID: &waE2E.AppStateSyncKeyId{KeyID: s.keyID}, KeyData: s.key,
	}}}, nil
}

// firstSettings makes what every account has. The caller holds settings.mu.
func (p *Phone) firstSettings() error {
	s := &p.settings
	s.keyID, s.salt = make([]byte, 6), secret()
	_, _ = rand.Read(s.keyID) // never fails, by its documentation
	s.key = &waE2E.AppStateSyncKeyData{
		KeyData: secret(), Timestamp: proto.Int64(time.Now().UnixMilli()),
		Fingerprint: &waE2E.AppStateSyncKeyFingerprint{RawID: proto.Uint32(1), CurrentIndex: proto.Uint32(0), DeviceIndexes: []uint32{0}},
	}
	s.store = newSettingsStore(s.keyID, s.key)
	s.proc = appstate.NewProcessor(&store.Device{AppState: s.store, AppStateKeys: s.store}, waLog.Noop)
	s.blobs = make(map[appstate.WAPatchName]map[string]*waServerSync.SyncdRecord)
	s.macs = make(map[appstate.WAPatchName][]byte)
	p.cfg.Router.SetSalt(p.cfg.Number, s.salt)
	for _, patch := range []appstate.PatchInfo{
		appstate.BuildSettingPushName(p.cfg.Name),
		{Type: appstate.WAPatchRegularHigh, Mutations: []appstate.MutationInfo{{
			Index: []string{appstate.IndexNCTSaltSync}, Version: 1,
			Value: &waSyncAction.SyncActionValue{NctSaltSyncAction: &waSyncAction.NctSaltSyncAction{Salt: s.salt}},
		}}},
		{Type: appstate.WAPatchRegularLow, Mutations: []appstate.MutationInfo{{
			Index: []string{appstate.IndexSettingUnarchiveChats}, Version: 4,
			Value: &waSyncAction.SyncActionValue{UnarchiveChatsSetting: &waSyncAction.UnarchiveChatsSetting{UnarchiveChats: proto.Bool(false)}},
		}}},
	} {
		if err := p.publish(patch); err != nil {
			return err
		}
	}
	return nil
}

// Prepare makes what the phone is going to share, so that a device that is being linked
// finds it.
func (p *Phone) Prepare() error {
	_, err := p.share()
	return err
}

// Change changes a setting of the account, as the person does on the phone; the linked
// devices learn of it.
func (p *Phone) Change(patch appstate.PatchInfo) error {
	if _, err := p.share(); err != nil {
		return err
	}
	p.settings.mu.Lock()
	defer p.settings.mu.Unlock()
	if err := p.catchUp(patch.Type); err != nil {
		return err
	}
	return p.publish(patch)
}

// publish encrypts a change and gives it to the router, with the whole of the collection
// for those who begin. The caller holds settings.mu.
func (p *Phone) publish(patch appstate.PatchInfo) error {
	s := &p.settings
	ctx := context.Background()
	version, hash, err := s.store.GetAppStateVersion(ctx, string(patch.Type))
	if err != nil {
		return err
	}
	encoded, err := s.proc.EncodePatch(ctx, s.keyID, appstate.HashState{Version: version, Hash: hash}, patch)
	if err != nil {
		return fmt.Errorf("encode settings: %w", err)
	}
	answer, ok := p.ask("w:sync:app:state", "set", types.ServerJID, stanza.New("sync", nil, stanza.New("collection",
		waBinary.Attrs{"name": string(patch.Type), "version": strconv.FormatUint(version, 10), "return_snapshot": "false"},
		stanza.Blob("patch", encoded))))
	sync := stanza.Child(&answer, "sync")
	collection := stanza.Child(&sync, "collection")
	if !ok || stanza.Attr(&collection, "type") == "error" {
		return fmt.Errorf("%w: settings were refused", ErrContent)
	}
	if err := p.catchUp(patch.Type); err != nil {
		return err
	}
	return p.putSnapshot(patch.Type)
}

// snapshotEvery is how many patches a collection has before new devices get it as a whole
// instead, and how many more until it is put together anew.
const snapshotEvery = 10

// catchUp fetches and checks what is new in a collection. The caller holds settings.mu.
func (p *Phone) catchUp(name appstate.WAPatchName) error {
	s := &p.settings
	ctx := context.Background()
	for more := true; more; {
		version, hash, err := s.store.GetAppStateVersion(ctx, string(name))
		if err != nil {
			return err
		}
		answer, ok := p.ask("w:sync:app:state", "set", types.ServerJID, stanza.New("sync", nil, stanza.New("collection",
			waBinary.Attrs{"name": string(name), "version": strconv.FormatUint(version, 10), "return_snapshot": "false"})))
		if !ok {
			return ErrOffline
		}
		sync := stanza.Child(&answer, "sync")
		collection := stanza.Child(&sync, "collection")
		patches, err := appstate.ParsePatchList(ctx, &collection, nil)
		if err != nil {
			return fmt.Errorf("read settings: %w", err)
		}
		if _, _, err := s.proc.DecodePatches(ctx, patches, appstate.HashState{Version: version, Hash: hash}, true); err != nil {
			p.cfg.Violations.Add(violation.AppState, p.cfg.Number, string(name), err.Error())
			return fmt.Errorf("check settings: %w", err)
		}
		for _, patch := range patches.Patches {
			s.take(name, patch)
		}
		more = patches.HasMorePatches
	}
	return nil
}

// take keeps the records of a patch. The caller holds mu.
func (s *settings) take(name appstate.WAPatchName, patch *waServerSync.SyncdPatch) {
	records := s.blobs[name]
	if records == nil {
		records = make(map[string]*waServerSync.SyncdRecord)
		s.blobs[name] = records
	}
	for _, mutation := range patch.GetMutations() {
		index := string(mutation.GetRecord().GetIndex().GetBlob())
		if mutation.GetOperation() == waServerSync.SyncdMutation_REMOVE {
			delete(records, index)
		} else {
			records[index] = mutation.GetRecord()
		}
	}
	s.macs[name] = patch.GetSnapshotMAC()
}

// putSnapshot uploads the whole of a collection when it has grown. The caller holds
// settings.mu.
func (p *Phone) putSnapshot(name appstate.WAPatchName) error {
	s := &p.settings
	version, _, err := s.store.GetAppStateVersion(context.Background(), string(name))
	if err != nil || version%snapshotEvery != 0 {
		return err
	}
	snapshot := &waServerSync.SyncdSnapshot{
		Version: &waServerSync.SyncdVersion{Version: &version}, Mac: s.macs[name], KeyID: &waServerSync.KeyId{ID: s.keyID},
	}
	for _, record := range s.blobs[name] {
		snapshot.Records = append(snapshot.Records, record)
	}
	raw, err := proto.Marshal(snapshot)
	if err != nil {
		return fmt.Errorf("marshal settings: %w", err)
	}
	sealed, path, err := p.upload(raw, media.AppState)
	if err != nil {
		return err
	}
	reference, err := proto.Marshal(&waServerSync.ExternalBlobReference{
		MediaKey: sealed.Key, DirectPath: &path, FileSizeBytes: proto.Uint64(uint64(sealed.Size)),
		FileSHA256: sealed.Hash, FileEncSHA256: sealed.EncHash,
	})
	if err != nil {
		return fmt.Errorf("marshal settings: %w", err)
	}
	p.cfg.Router.SetSnapshot(p.cfg.Number, string(name), version, reference)
	return nil
}

// upload seals a file and keeps it where clients find it.
func (p *Phone) upload(plain []byte, use media.Use) (media.Sealed, string, error) {
	sealed, err := media.Seal(plain, use)
	if err != nil {
		return sealed, "", err
	}
	path, err := p.cfg.Media.Put(p.cfg.Number, use, sealed.Data)
	return sealed, path, err
}

// takeSettings checks what a linked device has changed.
func (p *Phone) takeSettings(node *waBinary.Node) {
	s := &p.settings
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.key == nil {
		return
	}
	for _, collection := range node.GetChildren() {
		name := appstate.WAPatchName(stanza.Attr(&collection, "name"))
		err := p.catchUp(name)
		if err == nil {
			err = p.putSnapshot(name)
		}
		if err != nil {
			p.cfg.Log.Warn("a phone cannot take settings", slog.String("phone", stanza.MaskNumber(p.cfg.Number)), slog.Any("err", err))
		}
	}
}

// settingsStore is what the library's code for settings wants to store.
type settingsStore struct {
	keyID  []byte
	key    store.AppStateSyncKey
	states map[string]settingsState
	macs   map[[2]string][]byte // by collection and index
}

type settingsState struct {
	version uint64
	hash    [128]byte
}

func newSettingsStore(keyID []byte, key *waE2E.AppStateSyncKeyData) *settingsStore {
	return &settingsStore{
		keyID: keyID, key: store.AppStateSyncKey{Data: key.GetKeyData(), Timestamp: key.GetTimestamp()},
		states: make(map[string]settingsState), macs: make(map[[2]string][]byte),
	}
}

func (s *settingsStore) PutAppStateVersion(_ context.Context, name string, version uint64, hash [128]byte) error {
	s.states[name] = settingsState{version, hash}
	return nil
}

func (s *settingsStore) GetAppStateVersion(_ context.Context, name string) (uint64, [128]byte, error) {
	state := s.states[name]
	return state.version, state.hash, nil
}

func (s *settingsStore) DeleteAppStateVersion(_ context.Context, name string) error {
	delete(s.states, name)
	return nil
}

func (s *settingsStore) PutAppStateMutationMACs(_ context.Context, name string, _ uint64, macs []store.AppStateMutationMAC) error {
	for _, mac := range macs {
		s.macs[[2]string{name, string(mac.IndexMAC)}] = mac.ValueMAC
	}
	return nil
}

func (s *settingsStore) DeleteAppStateMutationMACs(_ context.Context, name string, indexMACs [][]byte) error {
	for _, index := range indexMACs {
		delete(s.macs, [2]string{name, string(index)})
	}
	return nil
}

func (s *settingsStore) GetAppStateMutationMAC(_ context.Context, name string, indexMAC []byte) ([]byte, error) {
	return s.macs[[2]string{name, string(indexMAC)}], nil
}

func (s *settingsStore) PutAppStateSyncKey(context.Context, []byte, store.AppStateSyncKey) error {
	return nil // there is one key, and the phone has made it
}

func (s *settingsStore) GetAppStateSyncKey(_ context.Context, id []byte) (*store.AppStateSyncKey, error) {
	if string(id) != string(s.keyID) {
		return nil, nil //nolint:nilnil // the library's way to say that there is none
	}
	return &s.key, nil
}

func (s *settingsStore) GetLatestAppStateSyncKeyID(context.Context) ([]byte, error) {
	return s.keyID, nil
}

func (s *settingsStore) GetAllAppStateSyncKeys(context.Context) ([]*store.AppStateSyncKey, error) {
	return []*store.AppStateSyncKey{&s.key}, nil
}
