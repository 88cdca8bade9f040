package hdf5

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"sync"

	"github.com/klauspost/compress/zlib"
	"github.com/klauspost/compress/zstd"
)

// Numbers of the filters that are known here.
const (
	filterDeflate  = 1
	filterShuffle  = 2
	filterFletcher = 3
	filterLZF      = 32000
	filterZstd     = 32015
)

// filter is one step of a pipeline.
type filter struct {
	id     int
	name   string
	values []uint32
}

// pipeline is the filters that a chunk went through when it was written.
type pipeline []filter

// pipeline decodes a filter message.
func (c *cursor) pipeline() (pipeline, error) {
	version := c.version("filter pipeline", 1, 2)
	count := c.u8()
	if version == 1 {
		c.take(6)
	}
	if count > 32 {
		c.fail("want at most 32 filters, got %d", count)
	}
	var p pipeline
	for len(p) < count && c.err == nil {
		f := filter{id: c.u16()}
		nameSize := 0
		if version == 1 || f.id >= 256 {
			nameSize = c.u16()
		}
		c.take(2) // flags: whether writers may go on without the filter
		values := c.u16()
		name, _, _ := bytes.Cut(c.take(nameSize), []byte{0})
		f.name = string(name)
		if version == 1 {
			c.take((8 - nameSize%8) % 8)
		}
		for range values {
			f.values = append(f.values, uint32(c.uint(4)))
			if c.err != nil {
				return nil, c.err
			}
		}
		if version == 1 && values%2 == 1 {
			c.take(4)
		}
		p = append(p, f)
	}
	return p, c.err
}

// decode undoes the filters on stored bytes, except those whose bit is set in
// mask, and returns the size bytes that were written.
func (p pipeline) decode(stored []byte, mask uint32, size int) ([]byte, error) {
	// Checksums under a compressor add four bytes each.
	most := size + 4*len(p)
	for i := len(p) - 1; i >= 0; i-- {
		if mask>>i&1 != 0 {
			continue
		}
		var err error
		if stored, err = p[i].decode(stored, most); err != nil {
			return nil, fmt.Errorf("filter %v: %w", p[i], err)
		}
	}
	if len(stored) != size {
		return nil, fmt.Errorf("want %d bytes after the filters, got %d", size, len(stored))
	}
	return stored, nil
}

func (f filter) String() string {
	known := map[int]string{
		filterDeflate: "deflate", filterShuffle: "shuffle", filterFletcher: "fletcher32", filterLZF: "lzf", filterZstd: "zstd",
		4: "szip", 5: "nbit", 6: "scaleoffset", 307: "bzip2", 32001: "blosc", 32004: "lz4", 32008: "bitshuffle", 32013: "zfp", 32026: "blosc2",
	}
	if name := known[f.id]; name != "" {
		return name
	}
	if f.name != "" {
		return fmt.Sprintf("%d (%q)", f.id, f.name)
	}
	return fmt.Sprint(f.id)
}

// decode undoes one filter; the result has at most that many bytes.
func (f filter) decode(in []byte, most int) ([]byte, error) {
	switch f.id {
	case filterDeflate:
		return inflate(in, most)
	case filterShuffle:
		if len(f.values) == 0 || f.values[0] == 0 || int64(f.values[0]) > maxBlock {
			return nil, errors.New("want the size of an element, got none")
		}
		return unshuffle(in, int(f.values[0])), nil
	case filterFletcher:
		return checkFletcher(in)
	case filterLZF:
		return unLZF(in, most)
	case filterZstd:
		return unZstd(in, most)
	}
	return nil, errors.New("not supported (deflate, shuffle, fletcher32, lzf and zstd are); rewrite the file with h5repack")
}

// bound lowers a limit on decompressed bytes to what the input can become at the
// format's best ratio, so that a forged size takes no memory.
func bound(most, in, ratio int) int {
	return min(most, in*ratio+1024)
}

// inflaters keeps decompressors, whose windows are costly to make anew.
var inflaters sync.Pool

func inflate(in []byte, most int) ([]byte, error) {
	var r io.ReadCloser
	var err error
	if old, ok := inflaters.Get().(io.ReadCloser); ok {
		r, err = old, old.(zlib.Resetter).Reset(bytes.NewReader(in), nil)
	} else {
		r, err = zlib.NewReader(bytes.NewReader(in))
	}
	if err != nil {
		return nil, err
	}
	defer inflaters.Put(r)
	// One byte more than allowed, so that a longer stream shows itself.
	out := make([]byte, bound(most, len(in), 1032)+1)
	for n := 0; n < len(out); {
		got, err := r.Read(out[n:])
		n += got
		if err == io.EOF && n < len(out) {
			return out[:n], nil
		}
		if err != nil && err != io.EOF {
			return nil, err
		}
	}
	return nil, fmt.Errorf("want at most %d bytes, got more", len(out)-1)
}

func unZstd(in []byte, most int) ([]byte, error) {
	// A block of 128 KiB takes four bytes at least.
	most = bound(most, len(in), 1<<15)
	d, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(uint64(most)))
	if err != nil {
		return nil, err
	}
	defer d.Close()
	out, err := d.DecodeAll(in, nil)
	if err == nil && len(out) > most {
		err = fmt.Errorf("want at most %d bytes, got %d", most, len(out))
	}
	return out, err
}

// unshuffle puts the bytes of each element, stored plane by plane, together.
func unshuffle(in []byte, size int) []byte {
	n := len(in) / size
	if size == 1 || n < 2 {
		return in
	}
	out := make([]byte, len(in))
	copy(out[n*size:], in[n*size:])
	if size == 8 {
		unshuffle8(out, in, n)
		return out
	}
	for plane := range size {
		from := in[plane*n : (plane+1)*n]
		for i, b := range from {
			out[i*size+plane] = b
		}
	}
	return out
}

// unshuffle8 writes whole words, which is several times as fast.
func unshuffle8(out, in []byte, n int) {
	p0, p1, p2, p3 := in[:n], in[n:2*n], in[2*n:3*n], in[3*n:4*n]
	p4, p5, p6, p7 := in[4*n:5*n], in[5*n:6*n], in[6*n:7*n], in[7*n:8*n]
	for i := range n {
		w := uint64(p0[i]) | uint64(p1[i])<<8 | uint64(p2[i])<<16 | uint64(p3[i])<<24 |
			uint64(p4[i])<<32 | uint64(p5[i])<<40 | uint64(p6[i])<<48 | uint64(p7[i])<<56
		binary.LittleEndian.PutUint64(out[8*i:], w)
	}
}

// checkFletcher compares the checksum at the end of the data and cuts it off.
func checkFletcher(in []byte) ([]byte, error) {
	if len(in) < 4 {
		return nil, fmt.Errorf("want a checksum of 4 bytes, got %d", len(in))
	}
	data := in[:len(in)-4]
	want := binary.LittleEndian.Uint32(in[len(data):])
	got := fletcher32(data)
	// Early writers on little-endian machines swapped the bytes of both halves.
	swapped := got&0x00ff00ff<<8 | got>>8&0x00ff00ff
	if got != want && swapped != want {
		return nil, fmt.Errorf("want checksum %08x, got %08x: the data are damaged", want, got)
	}
	return data, nil
}

// fletcher32 sums big-endian 16-bit words modulo 65535; an odd last byte counts
// as the high one.
func fletcher32(data []byte) uint32 {
	var a, b uint64
	for len(data) > 1 {
		// The sums stay far below 2^64 over so many words.
		part := data[:min(len(data)&^1, 1<<16)]
		data = data[len(part):]
		for ; len(part) > 1; part = part[2:] {
			a += uint64(part[0])<<8 | uint64(part[1])
			b += a
		}
		a, b = fold(a), fold(b)
	}
	if len(data) == 1 {
		a += uint64(data[0]) << 8
		b += a
		a, b = fold(a), fold(b)
	}
	return uint32(b)<<16 | uint32(a)
}

// fold reduces modulo 65535 but keeps 65535 itself, as repeated folding of
// 16-bit halves does.
func fold(v uint64) uint64 {
	for v > 0xffff {
		v = v&0xffff + v>>16
	}
	return v
}
