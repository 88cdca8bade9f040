// Package suggest finds the names that a mistyped one may have meant.
package suggest

import (
	"slices"
	"strings"
)

// partLength is the least length of a word that may be a part of a name.
const partLength = 4

// Near returns "; did you mean X or Y?" for the nearest of the names, or "" if none is near. A
// name that the word is a part of is as near as one with two other letters.
func Near(word string, names []string) string {
	const part = 2
	type candidate struct {
		name string
		d    int
	}
	var near []candidate
	word = strings.ToLower(word)
	for _, n := range names {
		d := distance(word, strings.ToLower(n))
		if len(word) >= partLength && strings.Contains(strings.ToLower(n), word) {
			d = min(d, part)
		}
		if d <= max(2, len(n)/3) {
			near = append(near, candidate{n, d})
		}
	}
	if len(near) == 0 {
		return ""
	}
	slices.SortStableFunc(near, func(a, b candidate) int { return a.d - b.d })
	var out []string
	for _, c := range near[:min(3, len(near))] {
		if c.d <= near[0].d+1 {
			out = append(out, c.name)
		}
	}
	return "; did you mean " + strings.Join(out, " or ") + "?"
}

// distance is Levenshtein's.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			change := diagonal
			if a[i] != b[j] {
				change++
			}
			diagonal = row[j+1]
			row[j+1] = min(change, row[j+1]+1, row[j]+1)
		}
	}
	return row[len(b)]
}
