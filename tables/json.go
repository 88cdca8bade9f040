package tables

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// newJSONTable reads an array of objects; their keys are the columns. A list of numbers
// counts as its sum, so that synapses listed one by one are a weight.
func newJSONTable(name string, text []byte) (*table, error) {
	d := json.NewDecoder(bytes.NewReader(bytes.TrimPrefix(text, []byte("\xef\xbb\xbf"))))
	d.UseNumber() // ids keep their digits
	var objects []map[string]any
	if err := d.Decode(&objects); err != nil {
		return nil, fmt.Errorf("%s: want a JSON array of objects: %w", name, err)
	}
	columns := map[string]int{}
	for _, o := range objects {
		for key := range o {
			columns[key] = 0
		}
	}
	t := &table{name: name, header: slices.Sorted(maps.Keys(columns))}
	for k, key := range t.header {
		columns[key] = k
	}
	for _, o := range objects {
		record := make([]string, len(t.header))
		for key, value := range o {
			record[columns[key]] = textOf(value)
		}
		t.rows = append(t.rows, record)
	}
	return t, nil
}

func textOf(value any) string {
	switch v := value.(type) {
	case nil:
		return ""
	case string:
		return v
	case json.Number:
		return v.String()
	case bool:
		return strconv.FormatBool(v)
	case []any:
		sum := 0.0
		for _, item := range v {
			n, ok := item.(json.Number)
			x, err := n.Float64()
			if !ok || err != nil {
				return listOf(v)
			}
			sum += x
		}
		return strconv.FormatFloat(sum, 'f', -1, 64)
	}
	return fmt.Sprint(value)
}

func listOf(v []any) string {
	var out []string
	for _, item := range v {
		out = append(out, textOf(item))
	}
	return strings.Join(out, " ")
}
