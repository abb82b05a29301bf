package api

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"os"
	"slices"

	"wadah/handlers/web"
)

// upload is a file that came with a request, on disk until the call is over.
type upload struct {
	Path string
	Name string // as the client called it; "" for none
	Type string // as the client declared it; may be ""
	Size int64
}

// discard removes the files of a request.
func (p params) discard() {
	for _, f := range p.files {
		_ = os.Remove(f.Path)
	}
}

// peekBoundary is the boundary of a multipart body, by its first line or by its header, and
// the body with its beginning still in it; "" when it is none.
func peekBoundary(r *http.Request) (body io.Reader, boundary string) {
	peeked := bufio.NewReader(r.Body)
	r.Body = struct {
		io.Reader
		io.Closer
	}{peeked, r.Body}
	head, err := peeked.Peek(512)
	if err == nil || errors.Is(err, io.EOF) {
		if found := multipartShape.FindSubmatch(head); found != nil {
			return peeked, string(found[1])
		}
	}
	if media, attrs, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err == nil && media == "multipart/form-data" {
		boundary = attrs["boundary"]
	}
	return peeked, boundary
}

// receive reads a multipart body: files to disk, everything else into memory.
func (p *params) receive(w http.ResponseWriter, r *http.Request, body io.Reader, boundary string, most int64, files []*parameter) (err error) {
	room := most
	for _, f := range files {
		room += int64(f.to)
	}
	if r.ContentLength > room {
		drain(w, r)
		return web.ErrBodyTooLarge
	}
	defer func() {
		if err != nil {
			p.discard()
		}
	}()
	parts := multipart.NewReader(http.MaxBytesReader(w, io.NopCloser(body), room), boundary)
	for {
		part, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return partFailure(err)
		}
		if at := slices.IndexFunc(files, func(f *parameter) bool { return f.name == part.FormName() }); at >= 0 {
			if err := p.keep(part, files[at]); err != nil {
				return err
			}
			continue
		}
		text, err := io.ReadAll(io.LimitReader(part, most+1))
		if err != nil {
			return partFailure(err)
		}
		if most -= int64(len(text)); most < 0 {
			return web.ErrBodyTooLarge
		}
		p.body = append(p.body, param{part.FormName(), string(text)})
	}
}

// keep writes a file to disk. Of several with one name the last counts.
func (p *params) keep(part *multipart.Part, as *parameter) error {
	file, err := os.CreateTemp("", "wadah-upload-*")
	if err != nil {
		return fmt.Errorf("take a file: %w", err)
	}
	if old := p.files[as.name]; old != nil {
		_ = os.Remove(old.Path)
	}
	if p.files == nil {
		p.files = make(map[string]*upload)
	}
	u := &upload{Path: file.Name(), Name: part.FileName(), Type: part.Header.Get("Content-Type")}
	p.files[as.name] = u
	u.Size, err = io.Copy(file, io.LimitReader(part, int64(as.to)+1))
	if closed := file.Close(); err == nil && closed != nil {
		return fmt.Errorf("take a file: %w", closed)
	}
	switch {
	case err != nil:
		return partFailure(err)
	case u.Size > int64(as.to):
		return web.ErrBodyTooLarge
	}
	return nil
}

// partFailure is what a client is told whose multipart body ends too late, or in the middle.
func partFailure(err error) error {
	var long *http.MaxBytesError
	var path *os.PathError
	switch {
	case errors.As(err, &long):
		return web.ErrBodyTooLarge
	case errors.As(err, &path): // ours, not the client's
		return fmt.Errorf("take a file: %w", err)
	case errors.Is(err, io.ErrUnexpectedEOF):
		return web.ErrBrokenBody
	}
	return errBadMultipart
}
