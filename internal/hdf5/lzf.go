package hdf5

import "errors"

var errLZF = errors.New("want a whole LZF stream, got one that is cut or damaged")

// unLZF expands LZF data: runs of literals, and copies of earlier output that
// may overlap what they write.
func unLZF(in []byte, most int) ([]byte, error) {
	most = bound(most, len(in), 88)
	out := make([]byte, 0, most)
	for len(in) > 0 {
		control := int(in[0])
		in = in[1:]
		if control < 32 {
			n := control + 1
			if n > len(in) || n > most-len(out) {
				return nil, errLZF
			}
			out = append(out, in[:n]...)
			in = in[n:]
			continue
		}
		n := control >> 5
		if n == 7 {
			if len(in) == 0 {
				return nil, errLZF
			}
			n += int(in[0])
			in = in[1:]
		}
		n += 2
		if len(in) == 0 {
			return nil, errLZF
		}
		back := (control&31)<<8 + int(in[0]) + 1
		in = in[1:]
		if back > len(out) || n > most-len(out) {
			return nil, errLZF
		}
		for range n {
			out = append(out, out[len(out)-back])
		}
	}
	return out, nil
}
