package web

import (
	"bytes"
	"compress/gzip"
	"net/http"
	"strconv"
	"strings"
	"sync"

	"github.com/labstack/echo/v4"
)

// zippers are reused between answers: a new one is most of a megabyte. By level.
var zippers [gzip.BestCompression + 1]sync.Pool

// Compress is data in gzip, or nil when that gains nothing. Levels are those of gzip from 1 on.
func Compress(data []byte, level int) ([]byte, error) {
	var buf bytes.Buffer
	w, ok := zippers[level].Get().(*gzip.Writer)
	if !ok {
		var err error
		if w, err = gzip.NewWriterLevel(&buf, level); err != nil {
			return nil, err
		}
	}
	defer zippers[level].Put(w)
	w.Reset(&buf)
	if _, err := w.Write(data); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	if buf.Len() >= len(data) {
		return nil, nil
	}
	return buf.Bytes(), nil
}

// AcceptsGzip reports whether a client reads what Compress writes.
func AcceptsGzip(r *http.Request) bool {
	for one := range strings.SplitSeq(strings.Join(r.Header["Accept-Encoding"], ","), ",") {
		name, weight, weighed := strings.Cut(one, ";")
		if !strings.EqualFold(strings.TrimSpace(name), "gzip") {
			continue
		}
		if !weighed {
			return true
		}
		q, err := strconv.ParseFloat(strings.TrimPrefix(strings.TrimSpace(weight), "q="), 64)
		return err == nil && q > 0
	}
	return false
}

const (
	onePacket = 1400      // bytes: what is shorter travels no faster when it is shorter still
	longPage  = 256 << 10 // bytes from which on a page is worth more work: the reference is a quarter smaller for it
)

// Shrink is body as it is sent to the client: in gzip where that is understood and tells nobody
// anything. It sets the headers that say so.
//
// The length of what is compressed tells whether a text stands in it twice. A page of another
// site that can have a browser ask for ours with a text of its choice, and somebody who sees how
// long the answers are, could find out what else stands in them, letter by letter (BREACH). So
// what another site asked for is not compressed: browsers say who did (Sec-Fetch-Site), through
// redirects, too, and our own pages ask for nothing that strangers chose. Where nothing is said,
// only over plain HTTP, whose answers can be read anyway. Forms need no token that could be
// found out so: where they come from is told by the browser, too (OwnForm).
func (s *Site) Shrink(c echo.Context, body []byte) ([]byte, error) {
	h := c.Response().Header()
	h.Add("Vary", "Accept-Encoding, Sec-Fetch-Site")
	if len(body) < onePacket || !AcceptsGzip(c.Request()) || s.askedByOthers(c.Request()) {
		return body, nil
	}
	level := gzip.BestSpeed
	if len(body) > longPage {
		level = 6 // gzip.DefaultCompression by its number
	}
	small, err := Compress(body, level)
	if err != nil || small == nil {
		return body, err
	}
	h.Set("Content-Encoding", "gzip")
	return small, nil
}

// askedByOthers reports whether another site may have made the browser ask.
func (s *Site) askedByOthers(r *http.Request) bool {
	switch r.Header.Get("Sec-Fetch-Site") {
	case "same-origin", "none":
		return false
	case "":
		return s.Secure(r)
	}
	return true
}
