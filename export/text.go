package export

import (
	"bytes"
	"encoding/csv"
	"encoding/xml"
	"fmt"
	"strconv"
)

// cell returns one value of a column as text; numbers keep all their digits.
func cell(data any, i int) string {
	switch x := data.(type) {
	case []int64:
		return strconv.FormatInt(x[i], 10)
	case []float64:
		return strconv.FormatFloat(x[i], 'g', -1, 64)
	case []float32:
		return strconv.FormatFloat(float64(x[i]), 'g', -1, 32)
	case []string:
		return x[i]
	case []*int64:
		if x[i] != nil {
			return strconv.FormatInt(*x[i], 10)
		}
		return ""
	case []*float64:
		if x[i] != nil {
			return strconv.FormatFloat(*x[i], 'g', -1, 64)
		}
		return ""
	}
	panic("export: unknown kind of column")
}

// csvFile writes a table with a header; a missing number is empty.
func csvFile(t Table) []byte {
	var out bytes.Buffer
	w := csv.NewWriter(&out)
	row := make([]string, len(t.Columns))
	for k, c := range t.Columns {
		row[k] = c.Name
	}
	_ = w.Write(row)
	for i := range t.rows() {
		for k, c := range t.Columns {
			row[k] = cell(c.Data, i)
		}
		_ = w.Write(row)
	}
	w.Flush() // a bytes.Buffer takes everything
	return out.Bytes()
}

// csvFiles writes the tables with a header, and matrices without.
func csvFiles(b *Bundle) (map[string][]byte, error) {
	files := map[string][]byte{}
	for _, t := range []Table{b.Neurons, b.Connections} {
		files[t.Name+".csv"] = csvFile(t)
	}
	for _, a := range b.Arrays {
		if len(a.Shape) != 2 || a.Name == "positions_um" {
			continue // the tables hold them
		}
		var out bytes.Buffer
		for i := range a.Shape[0] {
			for j := range a.Shape[1] {
				if j > 0 {
					out.WriteByte(',')
				}
				out.WriteString(cell(a.Data, i*a.Shape[1]+j))
			}
			out.WriteByte('\n')
		}
		files[a.Name+".csv"] = out.Bytes()
	}
	return files, nil
}

// graphmlTypes are the types of attributes in GraphML.
func graphmlType(data any) string {
	switch data.(type) {
	case []int64:
		return "long"
	case []string:
		return "string"
	}
	return "double"
}

// graphmlFile writes a directed graph whose nodes are n0, n1, … in the order of the
// neurons.
func graphmlFile(b *Bundle) ([]byte, error) {
	var out bytes.Buffer
	out.WriteString(xml.Header + `<graphml xmlns="http://graphml.graphdrawing.org/xmlns">` + "\n")
	key := func(of string, c Column) {
		fmt.Fprintf(&out, "<key id=\"%s_%s\" for=\"%s\" attr.name=\"%s\" attr.type=\"%s\"/>\n", of, c.Name, of, c.Name, graphmlType(c.Data))
	}
	for _, c := range b.Neurons.Columns {
		key("node", c)
	}
	weight := Column{"weight", b.Connections.column("weight")}
	key("edge", weight)
	fmt.Fprintf(&out, "<key id=\"graph_about\" for=\"graph\" attr.name=\"about\" attr.type=\"string\"/>\n")
	out.WriteString("<graph id=\"G\" edgedefault=\"directed\">\n<data key=\"graph_about\">")
	for _, k := range sortedKeys(b.Meta) {
		_ = xml.EscapeText(&out, []byte(k+"="+b.Meta[k]+"; "))
	}
	out.WriteString("</data>\n")
	for i := range b.Neurons.rows() {
		fmt.Fprintf(&out, "<node id=\"n%d\">", i)
		for _, c := range b.Neurons.Columns {
			fmt.Fprintf(&out, "<data key=\"node_%s\">", c.Name)
			_ = xml.EscapeText(&out, []byte(cell(c.Data, i)))
			out.WriteString("</data>")
		}
		out.WriteString("</node>\n")
	}
	pre, post := b.Connections.column("pre"), b.Connections.column("post")
	for i := range b.Connections.rows() {
		fmt.Fprintf(&out, "<edge source=\"n%s\" target=\"n%s\"><data key=\"edge_weight\">%s</data></edge>\n", cell(pre, i), cell(post, i), cell(weight.Data, i))
	}
	out.WriteString("</graph>\n</graphml>\n")
	return out.Bytes(), nil
}
