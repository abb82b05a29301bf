package router

import (
	"errors"
	"fmt"
	"io"
	"os"
)

// keybook keeps the one-time pre-keys of all devices in a file. A device uploads 812 of
// them when it is linked: in memory they would be most of what an idle device costs.
type keybook struct {
	file *os.File
	path string // "" for a file that is gone with the process
	size int64  // of the file, a multiple of recordSize
}

// Stock is where the one-time pre-keys of a device stand in the book: it outlives the
// process together with the file.
type Stock []Run

// Run is a row of keys.
type Run struct {
	At   int64 `json:"at"` // of the first key that is left, in records
	Left int   `json:"left"`
}

// recordSize is the size of a key: three bytes of number and the public key. A key that
// was given away is overwritten with zeros: number 0 is none of any client.
const recordSize = 3 + 32

// openKeybook opens the file, or makes one that ends with the process when the path is
// empty.
func openKeybook(path string) (*keybook, error) {
	if path == "" {
		file, err := os.CreateTemp("", "wadah-sandbox-prekeys-*")
		if err != nil {
			return nil, fmt.Errorf("file of pre-keys: %w", err)
		}
		// Where the system allows it, the file is gone already, whatever ends the process.
		gone := os.Remove(file.Name()) == nil
		book := &keybook{file: file}
		if !gone {
			book.path = file.Name()
		}
		return book, nil
	}
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("file of pre-keys: %w", err)
	}
	size, err := file.Seek(0, io.SeekEnd)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("file of pre-keys: %w", err), file.Close())
	}
	return &keybook{file: file, size: size / recordSize * recordSize}, nil
}

func (b *keybook) close() error {
	err := b.file.Close()
	if b.path != "" {
		err = errors.Join(err, os.Remove(b.path))
	}
	return err
}

// add writes new keys behind all others.
func (b *keybook) add(stock Stock, keys []PreKey) (Stock, error) {
	raw := make([]byte, 0, len(keys)*recordSize)
	for _, key := range keys {
		raw = append(raw, byte(key.ID>>16), byte(key.ID>>8), byte(key.ID))
		raw = append(raw, key.Public...)
	}
	if _, err := b.file.WriteAt(raw, b.size); err != nil {
		return stock, fmt.Errorf("keep pre-keys: %w", err)
	}
	stock = append(stock, Run{At: b.size / recordSize, Left: len(keys)})
	b.size += int64(len(raw))
	return stock, nil
}

// take gives a key away; false when there is none left.
func (b *keybook) take(stock Stock) (PreKey, Stock, bool) {
	for len(stock) > 0 {
		run := &stock[0]
		if run.Left == 0 {
			stock = stock[1:]
			continue
		}
		var raw [recordSize]byte
		_, err := b.file.ReadAt(raw[:], run.At*recordSize)
		if err == nil {
			_, err = b.file.WriteAt(make([]byte, recordSize), run.At*recordSize)
		}
		run.At, run.Left = run.At+1, run.Left-1
		if key := readRecord(raw); err == nil && key.ID != 0 {
			return key, stock, true
		}
	}
	return PreKey{}, nil, false
}

func readRecord(raw [recordSize]byte) PreKey {
	return PreKey{ID: uint32(raw[0])<<16 | uint32(raw[1])<<8 | uint32(raw[2]), Public: raw[3:]}
}

// all reads the keys that are left.
func (b *keybook) all(stock Stock) (keys []PreKey) {
	for _, run := range stock {
		for i := range run.Left {
			var raw [recordSize]byte
			if _, err := b.file.ReadAt(raw[:], (run.At+int64(i))*recordSize); err != nil {
				return keys
			}
			keys = append(keys, readRecord(raw))
		}
	}
	return keys
}

// valid returns a stock of an earlier process without what is not left of it.
func (b *keybook) valid(stock Stock) (rest Stock) {
	for _, run := range stock {
		for run.Left > 0 && (run.At < 0 || (run.At+int64(run.Left))*recordSize <= b.size) {
			var raw [recordSize]byte
			if _, err := b.file.ReadAt(raw[:], run.At*recordSize); err == nil && readRecord(raw).ID != 0 {
				rest = append(rest, run)
				break
			}
			run.At, run.Left = run.At+1, run.Left-1
		}
	}
	return rest
}

func (s Stock) count() (count int) {
	for _, run := range s {
		count += run.Left
	}
	return count
}
