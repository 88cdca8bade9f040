package engine

import "strings"

// Quote returns a word that a POSIX shell reads as s.
func Quote(s string) string {
	plain := s != "" && !strings.ContainsFunc(s, func(r rune) bool {
		return !strings.ContainsRune("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-+=./,:@%", r)
	})
	if plain && !strings.HasPrefix(s, "=") {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}

// QuoteAll returns a command line of a POSIX shell. A program whose name holds "=" would
// be read as an assignment, so it is quoted.
func QuoteAll(words []string) string {
	quoted := make([]string, len(words))
	for i, w := range words {
		quoted[i] = Quote(w)
		if i == 0 && strings.Contains(w, "=") && quoted[i] == w {
			quoted[i] = "'" + w + "'"
		}
	}
	return strings.Join(quoted, " ")
}

// quoteOption returns a word that sbatch reads as s on a line #SBATCH, where quotes group,
// a backslash escapes and # begins a comment.
func quoteOption(s string) string {
	if s != "" && !strings.ContainsAny(s, " \t\"'\\#") {
		return s
	}
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s) + `"`
}

// quoteAssignment returns NAME=value for export.
func quoteAssignment(s string) string {
	name, value, _ := strings.Cut(s, "=")
	return name + "=" + Quote(value)
}
