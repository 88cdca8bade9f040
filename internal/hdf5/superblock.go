package hdf5

import "fmt"

const signature = "\x89HDF\r\n\x1a\n"

// superblock finds and reads the superblock, at 0 or, behind a user block, at
// 512 or a doubling of it.
func (f *File) superblock() error {
	for at := int64(0); at+int64(len(signature)) <= f.size; at = max(512, 2*at) {
		b, err := f.meta(uint64(at), uint64(len(signature)))
		if err != nil {
			return err
		}
		if string(b) == signature {
			return f.superblockAt(uint64(at))
		}
	}
	return fmt.Errorf("hdf5: %s: offset 0: want the signature of an HDF5 file, got other content: is it an HDF5 file?", f.name)
}

func (f *File) superblockAt(at uint64) error {
	// The longest superblock, version 1 with 8-byte addresses, has 100 bytes.
	c, err := f.cursor(at, min(100, uint64(f.size)-at))
	if err != nil {
		return err
	}
	c.take(len(signature))
	version := c.version("superblock", 0, 3)
	if version < 2 {
		c.take(4) // versions of other structures, which repeat them
	}
	f.offsetSize, f.lengthSize = c.u8(), c.u8()
	for _, n := range []int{f.offsetSize, f.lengthSize} {
		if c.err == nil && n != 2 && n != 4 && n != 8 {
			c.fail("want addresses and lengths of 2, 4 or 8 bytes, got %d", n)
		}
	}
	if c.err != nil {
		return c.err
	}
	var base, end, root uint64
	if version < 2 {
		base, end, root = f.oldSuperblock(c, version)
	} else {
		base, end, root = f.newSuperblock(c)
	}
	if c.err != nil {
		return c.err
	}
	if base > uint64(f.size) {
		return f.errorf(at, "want a base address within %d bytes, got %d", f.size, base)
	}
	if !f.lax && end != undefined && end > uint64(f.size) {
		return f.errorf(at, "want a file of %d bytes, got %d: it is truncated", end, f.size)
	}
	f.base, f.rootAddr = base, root
	return nil
}

func (f *File) oldSuperblock(c *cursor, version int) (base, end, root uint64) {
	c.take(1 + 2 + 2 + 4) // reserved, ranks of group trees, flags
	if version == 1 {
		c.take(4)
	}
	base = c.addr()
	c.addr() // free space
	end = c.addr()
	c.addr() // driver
	c.addr() // name of the root, empty
	return base, end, c.addr()
}

func (f *File) newSuperblock(c *cursor) (base, end, root uint64) {
	c.take(1)
	base = c.addr()
	c.addr() // extension: free space and shared messages, not needed for reading
	end, root = c.addr(), c.addr()
	c.checksum()
	return base, end, root
}
