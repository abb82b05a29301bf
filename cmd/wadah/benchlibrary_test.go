package main

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"sync"
	"time"

	"go.mau.fi/whatsmeow"
	"go.mau.fi/whatsmeow/proto/waE2E"
	"go.mau.fi/whatsmeow/store"
	"go.mau.fi/whatsmeow/store/sqlstore"
	"go.mau.fi/whatsmeow/types"
	"go.mau.fi/whatsmeow/types/events"
	waLog "go.mau.fi/whatsmeow/util/log"
	"google.golang.org/protobuf/proto"
)

// libraryActor is the baseline of everything about devices: the plain WhatsApp
// library with its own store on SQLite, as its documentation shows it, and nothing
// else. SQLite has the settings that Wadah uses.
type libraryActor struct {
	db      *sql.DB
	store   *sqlstore.Container
	http    *http.Client
	clients []*whatsmeow.Client
	linked  []*whatsmeow.Client // by this process, in the order of their numbers
	mu      sync.Mutex          // for clients
}

func (l *libraryActor) obey(ctx context.Context, o order) (answer, error) {
	var err error
	began := time.Now()
	switch o.Do {
	case "start":
		if err = l.open(ctx, o); err == nil {
			err = l.connect(ctx, o)
		}
	case "link":
		err = inParallel(o.Devices, o.AtOnce, func(i int) error { return l.link(ctx, o, i) })
	case "send":
		return o.sendAll(func(device, n int) error {
			text := &waE2E.Message{Conversation: proto.String(fmt.Sprintf("pesan %d", n))}
			_, err := l.linked[device].SendMessage(ctx, types.NewJID(o.To[device], types.DefaultUserServer), text)
			return err
		})
	default:
		err = fmt.Errorf("unknown order %q", o.Do)
	}
	return answer{Took: time.Since(began)}, err
}

func (l *libraryActor) close() error {
	var wg sync.WaitGroup
	for _, cli := range l.clients {
		wg.Go(cli.Disconnect)
	}
	wg.Wait()
	if l.db == nil {
		return nil
	}
	return l.db.Close()
}

func (l *libraryActor) open(ctx context.Context, o order) error {
	root, err := hex.DecodeString(o.Service.RootKey)
	if err != nil || len(root) != len(whatsmeow.WACertPubKey) {
		return errors.Join(err, errors.New("bad root key"))
	}
	copy(whatsmeow.WACertPubKey[:], root)
	to, err := url.Parse(o.Service.URL)
	if err != nil {
		return err
	}
	dial := func(ctx context.Context, network, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, network, to.Host)
	}
	l.http = &http.Client{Transport: &http.Transport{DialTLSContext: dial}}
	l.db, err = sql.Open("sqlite", "file:"+o.Data+"?_pragma=busy_timeout(10000)&_pragma=journal_mode(WAL)"+
		"&_pragma=foreign_keys(1)&_pragma=synchronous("+cmp.Or(o.Sync, "NORMAL")+")&_txlock=immediate")
	if err != nil {
		return err
	}
	l.store = sqlstore.NewWithDB(l.db, "sqlite3", waLog.Noop)
	return l.store.Upgrade(ctx)
}

func (l *libraryActor) client(device *store.Device) *whatsmeow.Client {
	cli := whatsmeow.NewClient(device, waLog.Noop)
	cli.SetWebsocketHTTPClient(l.http)
	cli.SetPreLoginHTTPClient(l.http)
	cli.EnableDecryptedEventBuffer = true // as the product does: what is not handled comes again
	l.mu.Lock()
	defer l.mu.Unlock()
	l.clients = append(l.clients, cli)
	return cli
}

// connect connects every linked device.
func (l *libraryActor) connect(ctx context.Context, o order) error {
	devices, err := l.store.GetAllDevices(ctx)
	if err != nil {
		return err
	}
	if len(devices) != o.Devices {
		return fmt.Errorf("%d devices, want %d", len(devices), o.Devices)
	}
	connected := make(chan struct{}, 2*len(devices))
	err = inParallel(len(devices), o.AtOnce, func(i int) error {
		cli := l.client(devices[i])
		cli.AddEventHandler(func(e any) {
			if _, ok := e.(*events.Connected); ok {
				connected <- struct{}{}
			}
		})
		return cli.Connect()
	})
	if err != nil {
		return err
	}
	late := time.After(patience)
	for range devices {
		select {
		case <-connected:
		case <-late:
			return errors.New("not all devices are connected in time")
		}
	}
	return nil
}

// link links one device and waits until it is connected.
func (l *libraryActor) link(ctx context.Context, o order, i int) error {
	cli := l.client(l.store.NewDevice())
	l.mu.Lock()
	if l.linked == nil {
		l.linked = make([]*whatsmeow.Client, o.Devices)
	}
	l.linked[i] = cli
	l.mu.Unlock()
	codes, connected := make(chan string, 1), make(chan struct{}, 2)
	cli.AddEventHandler(func(raw any) {
		switch e := raw.(type) {
		case *events.QR:
			codes <- e.Codes[0]
		case *events.Connected:
			connected <- struct{}{}
		}
	})
	if err := cli.Connect(); err != nil {
		return err
	}
	late := time.After(patience)
	select {
	case code := <-codes:
		if _, err := scanCode(ctx, o.Service, o.no(i), code); err != nil {
			return err
		}
	case <-late:
		return errors.New("no code in time")
	}
	select {
	case <-connected:
		return nil
	case <-late:
		return errors.New("not connected in time")
	}
}
