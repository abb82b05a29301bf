// Package static holds the files the panel serves as they are: styles, scripts,
// pictures and what is vendored from npm (vendor/VENDORED.md). Their URLs carry a
// hash of the content, so that a browser may keep them for ever and still sees
// every change at once.
package static

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"io/fs"
	"sync"
)

//go:embed css img js vendor manifest.webmanifest manifest.id.webmanifest
var files embed.FS

// Prefix is the path under which the files are served.
const Prefix = "/static/"

// FS is the file system with all files, by the names URL takes.
func FS() fs.FS { return files }

// URL is the address of a file such as "css/wadah.css", with the hash of its
// content: "/static/css/wadah.css?v=0123456789ab". An unknown name gives the plain
// address, which answers 404.
func URL(name string) string {
	if sum, ok := hashes()[name]; ok {
		return Prefix + name + "?v=" + sum
	}
	return Prefix + name
}

// Current says whether a request with this ?v= asks for the file as it is, so that
// the answer may be kept for ever ("public, max-age=31536000, immutable"). Anything
// else should be answered with "no-cache".
func Current(name, version string) bool {
	sum, ok := hashes()[name]
	return ok && sum == version
}

// hashes is computed once; the files are part of the program and never change.
var hashes = sync.OnceValue(func() map[string]string {
	sums := make(map[string]string)
	_ = fs.WalkDir(files, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := files.ReadFile(path)
		if err != nil {
			return err
		}
		sum := sha256.Sum256(data)
		sums[path] = hex.EncodeToString(sum[:])[:12]
		return nil
	})
	return sums
})
