package study

import (
	"fmt"
	"strconv"
	"strings"

	"biornn/constraint"
	"biornn/internal/suggest"
	"biornn/task"
)

// condition is one of a query.
type condition struct {
	name, operator string
	words          []string // any of which counts
}

// operators, longer ones first.
var operators = []string{"<=", ">=", "!=", "=", "<", ">"}

// Where returns the rows for which every condition of a query holds, as in
// "model=W*D*C task=go-nogo,perceptual-decision lambda<0.01". Conditions are separated by
// spaces; several values by commas are alternatives.
func (r *Rows) Where(query string) (*Rows, error) {
	var all []condition
	for _, text := range strings.Fields(query) {
		c, err := parseCondition(text)
		if err != nil {
			return nil, err
		}
		if len(r.Rows) > 0 {
			if _, _, known := r.Rows[0].Value(c.name); !known {
				return nil, fmt.Errorf("study: query: unknown name %q%s", c.name, suggest.Near(c.name, shortNames(r.Names())))
			}
		}
		all = append(all, c)
	}
	out := &Rows{Keys: r.Keys, Damaged: r.Damaged}
	for _, row := range r.Rows {
		keep := true
		for _, c := range all {
			holds, err := c.holds(row)
			if err != nil {
				return nil, err
			}
			keep = keep && holds
		}
		if keep {
			out.Rows = append(out.Rows, row)
		}
	}
	return out, nil
}

// shortNames adds the last words of dotted names.
func shortNames(names []string) []string {
	out := names
	for _, n := range names {
		if _, last, dotted := strings.Cut(n, "."); dotted {
			out = append(out, last)
		}
	}
	return out
}

func parseCondition(text string) (condition, error) {
	for at := range len(text) {
		for _, op := range operators {
			if !strings.HasPrefix(text[at:], op) {
				continue
			}
			c := condition{text[:at], op, strings.Split(text[at+len(op):], ",")}
			if c.name == "" || text[at+len(op):] == "" {
				return c, fmt.Errorf("study: query: want NAME%sVALUE without spaces, got %q", op, text)
			}
			if op != "=" && op != "!=" && len(c.words) > 1 {
				return c, fmt.Errorf("study: query: %q: want one value after %s; several are for = and !=", text, op)
			}
			return c, c.canonical()
		}
	}
	return condition{}, fmt.Errorf("study: query: %q: want NAME, one of %s, and a value, as in lambda<0.01", text, strings.Join(operators, " "))
}

// canonical turns names of models and tasks into those of records.
func (c *condition) canonical() error {
	for i, w := range c.words {
		switch c.name {
		case "model":
			if w == "custom" {
				continue
			}
			_, _, slug, err := constraint.Variant(w)
			if err != nil {
				return err
			}
			c.words[i] = slug
		case "task":
			cfg, err := task.DefaultConfig(w)
			if err != nil {
				return err
			}
			c.words[i] = cfg.Name
		}
	}
	return nil
}

// holds reports whether a row meets the condition; a missing value meets none.
func (c condition) holds(row Row) (bool, error) {
	v, present, _ := row.Value(c.name)
	if !present {
		return false, nil
	}
	equal := false
	for _, w := range c.words {
		switch x := v.(type) {
		case float64:
			y, err := strconv.ParseFloat(w, 64)
			if err != nil {
				return false, fmt.Errorf("study: query: %s: want a number, got %q", c.name, w)
			}
			switch c.operator {
			case "<":
				return x < y, nil
			case "<=":
				return x <= y, nil
			case ">":
				return x > y, nil
			case ">=":
				return x >= y, nil
			}
			equal = equal || x == y
		case string:
			if c.operator != "=" && c.operator != "!=" {
				return false, fmt.Errorf("study: query: %s is a word: want = or !=, got %s", c.name, c.operator)
			}
			equal = equal || x == w
		}
	}
	return equal == (c.operator == "="), nil
}
