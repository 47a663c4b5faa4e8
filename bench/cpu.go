package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// tick is the unit of CPU time in /proc: 1/100 s on every Linux that Go runs on.
const tick = 10 * time.Millisecond

// cpu is the CPU time, user and system, that a process and all below it have
// used so far, also those that have ended and were waited for.
func cpu(pid int) (time.Duration, error) {
	below, err := children()
	if err != nil {
		return 0, err
	}
	var sum time.Duration
	for todo := []int{pid}; len(todo) > 0; todo = todo[1:] {
		stat, err := readStat(todo[0])
		if os.IsNotExist(err) && todo[0] != pid {
			continue // ended just now
		}
		if err != nil {
			return 0, err
		}
		sum += stat.used
		todo = append(todo, below[todo[0]]...)
	}
	return sum, nil
}

// children has the processes below each process.
func children() (map[int][]int, error) {
	paths, err := filepath.Glob("/proc/[0-9]*")
	if err != nil {
		return nil, err
	}
	below := map[int][]int{}
	for _, path := range paths {
		pid, err := strconv.Atoi(filepath.Base(path))
		if err != nil {
			return nil, err
		}
		if stat, err := readStat(pid); err == nil { // else it ended just now
			below[stat.parent] = append(below[stat.parent], pid)
		}
	}
	return below, nil
}

type stat struct {
	parent int
	used   time.Duration
}

// readStat reads /proc/<pid>/stat, see proc_pid_stat(5): after the name, which
// may contain anything, field 4 is the parent and 14 to 17 are the times.
func readStat(pid int) (stat, error) {
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return stat{}, err
	}
	fields := strings.Fields(string(raw[bytes.LastIndexByte(raw, ')')+1:]))
	if len(fields) < 15 {
		return stat{}, fmt.Errorf("/proc/%d/stat has %d fields", pid, len(fields))
	}
	number := func(i int) int64 { n, _ := strconv.ParseInt(fields[i-3], 10, 64); return n }
	return stat{
		parent: int(number(4)),
		used:   time.Duration(number(14)+number(15)+number(16)+number(17)) * tick,
	}, nil
}
