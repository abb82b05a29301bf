//go:build unix

package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"

	"golang.org/x/sys/unix"

	"wadah/models"
)

// obstacle says what of a folder and its files this process may not use, whose it is, as
// which user it runs, and what mends that; "" when nothing can be seen to be in the way.
func obstacle(dir string, files ...string) string {
	switch err := unix.Access(dir, unix.R_OK|unix.W_OK|unix.X_OK); {
	case errors.Is(err, fs.ErrNotExist):
		return obstacleAbove(dir)
	case err != nil:
		return hindered(err, dir, dir)
	}
	for _, path := range files {
		mode := uint32(unix.R_OK | unix.W_OK)
		if filepath.Base(path) == models.ServerKeyFile {
			mode = unix.R_OK
		}
		if err := unix.Access(path, mode); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return hindered(err, dir, path)
		}
	}
	return ""
}

// obstacleAbove is obstacle for a folder that is to be made.
func obstacleAbove(dir string) string {
	above := filepath.Dir(dir)
	if _, err := os.Stat(above); errors.Is(err, fs.ErrNotExist) && above != dir {
		return obstacleAbove(above)
	}
	err := unix.Access(above, unix.W_OK|unix.X_OK)
	if errors.Is(err, fs.ErrPermission) {
		return fmt.Sprintf("%s. Make the folder for that user, for example with: sudo install -d -m 700 -o %d -g %d %s",
			standing(above), os.Getuid(), os.Getgid(), shellWord(dir))
	}
	return hindered(err, dir, above)
}

// hindered is what is said of a path in or above dir that could not be used.
func hindered(err error, dir, path string) string {
	switch {
	case errors.Is(err, unix.EROFS):
		return path + " is on a file system that is read-only: make that writable"
	case !errors.Is(err, fs.ErrPermission):
		return ""
	}
	info, err := os.Stat(path)
	for err != nil && filepath.Dir(path) != path { // a folder above may not be entered
		path = filepath.Dir(path)
		info, err = os.Stat(path)
	}
	switch {
	case err == nil && ownerOf(info) == os.Getuid():
		return fmt.Sprintf("%s. Let that user use it, for example with: chmod -R u+rwX %s", standing(path), shellWord(path))
	case len(path) < len(dir):
		return standing(path) + ". Let that user enter it"
	}
	return fmt.Sprintf("%s. If it is for Wadah alone, give it to that user, for example with: sudo chown -R %d:%d %s", standing(path), os.Getuid(), os.Getgid(), shellWord(dir))
}

// standing is whose a path is, and who we are.
func standing(path string) string {
	whose := ""
	if info, err := os.Stat(path); err == nil {
		whose = fmt.Sprintf("%s belongs to %s with the mode %s, and ", path, userWord(ownerOf(info)), info.Mode())
	}
	return whose + runsAs()
}

func runsAs() string { return "Wadah runs as " + userWord(os.Getuid()) }

func ownerOf(info os.FileInfo) int {
	if s, ok := info.Sys().(*syscall.Stat_t); ok {
		return int(s.Uid)
	}
	return -1
}

// userWord is the name of a user with its number, or the number alone.
func userWord(uid int) string {
	if u, err := user.LookupId(strconv.Itoa(uid)); err == nil {
		return fmt.Sprintf("%s (user %d)", u.Username, uid)
	}
	return fmt.Sprintf("user %d", uid)
}
