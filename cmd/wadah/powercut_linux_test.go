//go:build soak

package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"
)

// The power goes at random instants while messages come and go: what nobody synced is
// lost. Nothing that WhatsApp was told has arrived is missing, and nothing that left is
// sent anew. It needs root, for a file system of its own (ext4 in a file).
func TestPowerCut(t *testing.T) {
	f := newFlow(t)
	d := newDisk(t)
	f.data = filepath.Join(d.mount, "data")
	f.begin(8)
	f.play(soak(6, 150), d.cut)
}

// disk is a file system in a file: what was not synced is not in the file.
type disk struct {
	t            *testing.T
	image, mount string
}

func newDisk(t *testing.T) *disk {
	t.Helper()
	dir := t.TempDir()
	d := &disk{t: t, image: filepath.Join(dir, "disk"), mount: filepath.Join(dir, "mount")}
	if err := os.Mkdir(d.mount, 0o700); err != nil {
		t.Fatal(err)
	}
	d.run("truncate", "-s", "512M", d.image)
	d.run("mkfs.ext4", "-q", "-F", d.image)
	d.plug()
	t.Cleanup(d.unplug)
	return d
}

// plug mounts the file system. It is to write by itself as seldom as it may.
func (d *disk) plug() { d.run("mount", "-o", "loop,commit=300", d.image, d.mount) }

func (d *disk) unplug() { d.run("umount", d.mount) }

// cut ends the program and puts what was on the disk in that moment in the disk's place.
func (d *disk) cut(i *installation) {
	d.t.Helper()
	if err := i.cmd.Process.Signal(unix.SIGSTOP); err != nil {
		d.t.Fatal(err)
	}
	kept := d.image + ".kept"
	for same := false; !same; { // the kernel may be writing
		d.run("cp", "--sparse=always", d.image, kept)
		same = exec.Command("cmp", "-s", d.image, kept).Run() == nil
	}
	i.kill()
	d.unplug()
	if err := os.Rename(kept, d.image); err != nil {
		d.t.Fatal(err)
	}
	d.plug()
}

func (d *disk) run(name string, args ...string) {
	d.t.Helper()
	var said bytes.Buffer
	cmd := exec.Command(name, args...)
	cmd.Stderr = &said
	if err := cmd.Run(); err != nil {
		d.t.Fatal(fmt.Errorf("%s: %w: %s", name, err, said.String()))
	}
}
