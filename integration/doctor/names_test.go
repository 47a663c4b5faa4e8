package doctor

import (
	"bytes"
	"encoding/binary"
	"net"
	"strings"
	"testing"
)

// nameServer starts a DNS server that resolves every host of doctor.test to 127.0.0.1, and
// no other name. It implements only the part of RFC 1035 for queries of one name.
func nameServer(t *testing.T) (addr string) {
	t.Helper()
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		buf := make([]byte, 512)
		for {
			n, from, err := conn.ReadFrom(buf)
			if err != nil {
				return // closed
			}
			if reply := resolve(buf[:n]); reply != nil {
				_, _ = conn.WriteTo(reply, from) // the client may be gone
			}
		}
	}()
	t.Cleanup(func() {
		_ = conn.Close()
		<-done
	})
	return conn.LocalAddr().String()
}

const (
	headerSize = 12
	typeA      = 1
	noSuchName = 3
)

// resolve answers a message with one question.
func resolve(query []byte) []byte {
	if len(query) < headerSize {
		return nil
	}
	var labels []string
	end := headerSize
	for end < len(query) && query[end] != 0 {
		size := int(query[end])
		if end+1+size >= len(query) {
			return nil
		}
		labels = append(labels, string(query[end+1:end+1+size]))
		end += 1 + size
	}
	end += 5 // the last byte of the name, its type, its class
	if end > len(query) {
		return nil
	}
	known := strings.HasSuffix(strings.ToLower(strings.Join(labels, ".")), ".doctor.test")
	wantsA := binary.BigEndian.Uint16(query[end-4:]) == typeA

	var reply bytes.Buffer
	reply.Write(query[:2])                      // its id
	flags, answers := uint16(0x8180), uint16(0) // an answer, recursion available
	if !known {
		flags |= noSuchName
	} else if wantsA {
		answers = 1
	}
	for _, field := range []uint16{flags, 1, answers, 0, 0} {
		_ = binary.Write(&reply, binary.BigEndian, field) // writing to a buffer can't fail
	}
	reply.Write(query[headerSize:end])
	if answers == 1 { // the name of the question, type A, class IN, a minute, four bytes
		reply.Write([]byte{0xc0, headerSize, 0, typeA, 0, 1, 0, 0, 0, 60, 0, 4, 127, 0, 0, 1})
	}
	return reply.Bytes()
}
