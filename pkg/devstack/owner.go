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

// owner is the user that Postgres runs as: ourselves, or when we are root, whom
// Postgres refuses to be, somebody with fewer rights.
type owner struct {
	name     string
	uid, gid int
	other    bool // not the user that we run as
}

// runAs returns the owner for a process of this user id.
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

// credential is nil if Postgres runs as the user that we are.
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

// makeFolder makes a folder that is the owner's alone, or checks that one which
// exists is no link and nobody else's: it may lie in a folder that all can write.
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
		return o.adopt(dir, int(stat.Uid))
	}
	return nil
}

// adopt takes over an empty folder of root's; anything else that is somebody
// else's is refused.
func (o *owner) adopt(dir string, uid int) error {
	entries, err := os.ReadDir(dir)
	if err == nil && len(entries) == 0 && uid == 0 && o.other {
		return os.Chown(dir, o.uid, o.gid)
	}
	return fmt.Errorf("%s belongs to uid %d, but Postgres runs as %s here: start the portal as the user who began with this data folder, or choose another",
		dir, uid, o.name)
}
