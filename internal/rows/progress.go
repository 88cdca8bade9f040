package rows

import (
	"os"
	"sync/atomic"
)

// Bytes of all tables that this process scans, for those who watch it.
var bytesRead, bytesTotal atomic.Int64

// Progress returns how many bytes of the files of all scans so far were read, and how
// many these files have. Of Parquet and Feather it is the share of rows.
func Progress() (read, total int64) { return bytesRead.Load(), bytesTotal.Load() }

// expect adds files to the total.
func expect(paths []string) {
	for _, p := range paths {
		if info, err := os.Stat(p); err == nil {
			bytesTotal.Add(info.Size())
		}
	}
}

// share turns rows into bytes of a file, so that the last row makes it whole.
type share struct {
	bytes, rows int64 // of the file
	seen        int64
}

func (s *share) advance(rows int64) {
	if s.rows < 1 {
		return
	}
	before := s.bytes / s.rows * s.seen
	if s.seen += rows; s.seen >= s.rows {
		bytesRead.Add(s.bytes - before)
		return
	}
	bytesRead.Add(s.bytes/s.rows*s.seen - before)
}
