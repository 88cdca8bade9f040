// Package seal writes JSON objects that carry the SHA-256 of themselves, so that a change
// of any bit is found.
package seal

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
)

// ErrDamaged is wrapped by the error about an object that is not as it was written.
var ErrDamaged = errors.New("damaged")

const (
	before = ",\n  \"sha256\": \""
	after  = "\"\n}\n"
	digits = 2 * sha256.Size
)

// JSON returns the indented text of an object with fields; its last field is the SHA-256
// of the text before it.
func JSON(v any) ([]byte, error) {
	text, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return nil, err
	}
	body, ok := bytes.CutSuffix(text, []byte("\n}"))
	if !ok {
		return nil, fmt.Errorf("seal: want an object with fields, got %.20s", text)
	}
	sum := sha256.Sum256(body)
	return append(body, before+hex.EncodeToString(sum[:])+after...), nil
}

// Parse reads an object into v. A text that nobody sealed, as older versions wrote it, is
// read as it is.
func Parse(text []byte, v any) error {
	if !bytes.HasSuffix(text, []byte("}\n")) {
		return fmt.Errorf("%w: want } and a line break at the end", ErrDamaged)
	}
	if isSealed(text) {
		body := text[:len(text)-len(before)-digits-len(after)]
		sum := sha256.Sum256(body)
		if want := before + hex.EncodeToString(sum[:]) + after; string(text[len(body):]) != want {
			return fmt.Errorf("%w: its SHA-256 is another", ErrDamaged)
		}
	}
	if err := json.Unmarshal(text, v); err != nil {
		return fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	return nil
}

// isSealed tells by length and end alone, which survive the change of a bit: no object
// with fields that are objects ends so.
func isSealed(text []byte) bool {
	if len(text) < len(before)+digits+len(after) {
		return false
	}
	end := text[len(text)-digits-len(after)-len(before):]
	same := 0
	for i, c := range []byte(before) {
		if end[i] == c {
			same++
		}
	}
	for i, c := range []byte(after) {
		if end[len(end)-len(after)+i] == c {
			same++
		}
	}
	return same >= (len(before)+len(after))*3/4
}
