package sandbox

import (
	"crypto/md5" //nolint:gosec // WhatsApp's build hash is the MD5 of the version
	"crypto/subtle"
	"encoding/binary"
	"fmt"
	"log/slog"
	"slices"
	"strconv"
	"strings"
	"time"

	"wadah/session/sandbox/router"
	"wadah/session/sandbox/stanza"
	"wadah/session/sandbox/violation"
	"wadah/session/sandbox/wire"

	"go.mau.fi/libsignal/ecc"
	waBinary "go.mau.fi/whatsmeow/binary"
	"go.mau.fi/whatsmeow/proto/waCompanionReg"
	"go.mau.fi/whatsmeow/proto/waWa6"
	"go.mau.fi/whatsmeow/types"
	"google.golang.org/protobuf/proto"
)

// admit decides about the payload that ends the handshake: a registration, a
// login, or a refusal after which the connection ends.
func (c *conn) admit(raw []byte) error {
	var payload waWa6.ClientPayload
	if err := proto.Unmarshal(raw, &payload); err != nil {
		return fmt.Errorf("%w: client payload", wire.ErrProtocol)
	}
	app := payload.GetUserAgent().GetAppVersion()
	version := [3]uint32{app.GetPrimary(), app.GetSecondary(), app.GetTertiary()}
	_, minimum := c.s.Version()
	outdated := slices.Compare(version[:], minimum[:]) < 0
	switch {
	case payload.Username != nil:
		return c.login(&payload, outdated)
	case payload.DevicePairingData != nil:
		if outdated {
			c.refuse(codeOutdated, nil)
			return nil
		}
		return c.register(payload.GetDevicePairingData(), version)
	default:
		c.refuse(codeBadRequest, nil)
		return nil
	}
}

// refuse ends the connection with a connect failure.
func (c *conn) refuse(reason int, more waBinary.Attrs) {
	c.s.count(func(n *counters) { n.loginsFailed[reason]++ })
	c.s.log.Info("connection refused", slog.String("conn", c.id), slog.Int("reason", reason))
	c.End(c.s.cfg.CloseLinger, failure(reason, more))
}

// login brings a linked companion online.
func (c *conn) login(payload *waWa6.ClientPayload, outdated bool) error {
	jid := types.JID{
		User:   strconv.FormatUint(payload.GetUsername(), 10),
		Device: uint16(min(payload.GetDevice(), 1<<16-1)),
		Server: types.DefaultUserServer,
	}
	if fault := c.s.takeLoginFault(jid); fault != nil {
		return c.sufferLogin(*fault, jid)
	}
	if outdated {
		c.refuse(codeOutdated, nil)
		return nil
	}
	older, lid, ok := c.claim(jid)
	if !ok {
		c.refuse(codeLoggedOut, nil)
		return nil
	}
	if older != nil {
		if !older.Ended() && older.PeerStays() {
			c.s.violations.Add(violation.TwoConnections, jid.String(), "", "a login while the device's older connection is open")
		}
		older.End(c.s.cfg.CloseLinger, conflict(conflictReplaced))
	}
	session, missed, ok := c.s.router.Login(jid.User, jid.Device, c)
	if !ok {
		c.refuse(codeLoggedOut, nil) // unlinked this very moment
		return nil
	}
	c.session = session
	c.s.count(func(n *counters) { n.loginsOK++ })
	c.s.log.Info("companion online", slog.String("conn", c.id), slog.String("jid", stanza.MaskJID(jid)))
	return c.welcome(lid, missed)
}

// claim makes this connection the companion's current one, if the companion
// exists and the Noise key is the one it was linked with.
func (c *conn) claim(jid types.JID) (older *conn, lid types.JID, ok bool) {
	c.s.mu.Lock()
	defer c.s.mu.Unlock()
	p := c.s.phones[jid.User]
	if p == nil {
		return nil, types.EmptyJID, false
	}
	companion := p.companions[jid.Device]
	if companion == nil || subtle.ConstantTimeCompare(companion.NoiseKey, c.noiseKey[:]) != 1 {
		return nil, types.EmptyJID, false
	}
	older = c.s.online[jid]
	c.s.online[jid] = c
	c.stage, c.jid, c.companion = stageOnline, jid, companion
	companion.LastActive = time.Now().UTC()
	c.s.changed()
	return older, p.lidOf(jid.Device), true
}

// welcome sends what WhatsApp sends after a login: success, how much was missed, and
// then that.
func (c *conn) welcome(lid types.JID, missed router.Missed) error {
	now := time.Now()
	bulletin := func(child waBinary.Node) waBinary.Node {
		return stanza.New("ib", waBinary.Attrs{"from": types.ServerJID}, child)
	}
	for _, node := range []waBinary.Node{
		stanza.New("success", waBinary.Attrs{
			"t": stanza.Unix(now), "lid": lid, "creation": stanza.Unix(now), "props": "27", "location": "sandbox", "abprops": "1",
		}),
		bulletin(stanza.New("dirty", waBinary.Attrs{"type": "account_sync", "timestamp": stanza.Unix(now)})),
		bulletin(stanza.New("offline_preview", waBinary.Attrs{
			"count": strconv.Itoa(missed.Total), "appdata": strconv.Itoa(missed.AppData), "message": strconv.Itoa(missed.Messages),
			"notification": strconv.Itoa(missed.Notifications), "receipt": strconv.Itoa(missed.Receipts),
		})),
	} {
		if err := c.Send(node); err != nil {
			return err
		}
	}
	c.SetSource(c.session.Next)
	return nil
}

// deviceKeys is the checked content of a registration payload.
type deviceKeys struct {
	regID    uint32
	identity [32]byte
	signed   router.PreKey
	osName   string
	platform string
}

// checkRegistration refuses what WhatsApp would: wrong sizes, a signed pre-key
// that the identity did not sign, a build hash that does not belong to the version.
func checkRegistration(data *waWa6.ClientPayload_DevicePairingRegistrationData, version [3]uint32) (deviceKeys, bool) {
	hash := md5.Sum([]byte(FormatVersion(version))) //nolint:gosec // see the import
	sizes := len(data.GetERegid()) == 4 && len(data.GetEIdent()) == 32 && len(data.GetESkeyID()) == 3 &&
		len(data.GetESkeyVal()) == 32 && len(data.GetESkeySig()) == 64
	if !sizes || !slices.Equal(data.GetEKeytype(), []byte{ecc.DjbType}) || !slices.Equal(data.GetBuildHash(), hash[:]) {
		return deviceKeys{}, false
	}
	keys := deviceKeys{
		regID: binary.BigEndian.Uint32(data.GetERegid()), identity: [32]byte(data.GetEIdent()),
		signed: router.PreKey{
			ID:     binary.BigEndian.Uint32(append([]byte{0}, data.GetESkeyID()...)),
			Public: data.GetESkeyVal(), Signature: data.GetESkeySig(),
		},
	}
	if !router.SignedBy(keys.identity[:], keys.signed) {
		return deviceKeys{}, false
	}
	var props waCompanionReg.DeviceProps
	if err := proto.Unmarshal(data.GetDeviceProps(), &props); err != nil {
		return deviceKeys{}, false
	}
	keys.osName = props.GetOs()
	keys.platform = strings.ToLower(props.GetPlatformType().String())
	return keys, true
}

// FormatVersion writes a version as WhatsApp does, such as 2.3000.1045649367.
func FormatVersion(v [3]uint32) string { return fmt.Sprintf("%d.%d.%d", v[0], v[1], v[2]) }
