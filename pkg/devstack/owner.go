package devstack

import (
	"errors"
	"fmt"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
)

// owner is the user that Postgres runs as: the user of this process, or an unprivileged
// one if that is root, because Postgres refuses to run as root.
type owner struct {
	name     string
	uid, gid int
	other    bool // not the user of this process
}

// runAs returns the owner if this process runs as uid.
func runAs(uid int) (*owner, error) {
	if uid != 0 {
		return &owner{name: "uid " + strconv.Itoa(uid), uid: uid, gid: os.Getegid()}, nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, err1 := strconv.Atoi(u.Uid)
		gid, err2 := strconv.Atoi(u.Gid)
		if err := errors.Join(err1, err2); err != nil {
			return nil, fmt.Errorf("user %q: %w", name, err)
		}
		return &owner{name: name, uid: uid, gid: gid, other: true}, nil
	}
	return nil, errors.New("it refuses to run as root, and there is no user postgres or nobody: start the portal as another user")
}

// credential returns nil if Postgres runs as the user of this process.
func (o *owner) credential() *syscall.Credential {
	if !o.other {
		return nil
	}
	return &syscall.Credential{Uid: uint32(o.uid), Gid: uint32(o.gid)}
}

// blockedAt returns the first folder above dir that the owner may not enter, or "".
func (o *owner) blockedAt(dir string) string {
	if !o.other {
		return ""
	}
	if real, err := filepath.EvalSymlinks(dir); err == nil {
		dir = real
	}
	for parent := filepath.Dir(dir); ; parent = filepath.Dir(parent) {
		if info, err := os.Stat(parent); err == nil && !o.mayEnter(info) {
			return parent
		}
		if parent == filepath.Dir(parent) {
			return ""
		}
	}
}

func (o *owner) mayEnter(info os.FileInfo) bool {
	stat, ok := info.Sys().(*syscall.Stat_t)
	switch {
	case !ok:
		return true
	case int(stat.Uid) == o.uid:
		return info.Mode()&0o100 != 0
	case int(stat.Gid) == o.gid:
		return info.Mode()&0o010 != 0
	default:
		return info.Mode()&0o001 != 0
	}
}

// makeFolder creates a folder that only the owner can access. It fails if dir exists
// and is a link or belongs to another user, as its parent may be writable by all.
func makeFolder(dir string, o *owner) error {
	if err := os.MkdirAll(filepath.Dir(dir), 0o755); err != nil {
		return fmt.Errorf("the data folder cannot be made: %w", err)
	}
	err := os.Mkdir(dir, 0o700)
	switch {
	case err == nil && o.other:
		return os.Chown(dir, o.uid, o.gid)
	case err == nil:
		return nil
	case !errors.Is(err, os.ErrExist):
		return fmt.Errorf("the data folder cannot be made: %w", err)
	}
	info, err := os.Lstat(dir)
	if err != nil {
		return err
	}
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !info.IsDir() {
		return fmt.Errorf("%s is in the way: it is no folder", dir)
	}
	if ok && int(stat.Uid) != o.uid {
		return o.takeOwnership(dir, int(stat.Uid))
	}
	return nil
}

// takeOwnership changes the owner of an empty folder of root. It fails for any other
// folder, which belongs to uid.
func (o *owner) takeOwnership(dir string, uid int) error {
	entries, err := os.ReadDir(dir)
	if err == nil && len(entries) == 0 && uid == 0 && o.other {
		return os.Chown(dir, o.uid, o.gid)
	}
	return fmt.Errorf("%s belongs to uid %d, but Postgres runs as %s here: start the portal as the user who began with this data folder, or choose another",
		dir, uid, o.name)
}
