package engine

import (
	"encoding/json"
	"os/exec"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestQuoteOption(t *testing.T) {
	for text, want := range map[string]string{
		"--mem=5M":      "--mem=5M",
		"":              `""`,
		"a b":           `"a b"`,
		`a"b\c'd`:       `"a\"b\\c'd"`,
		"a#b":           `"a#b"`,
		"--chdir=/α $x": `"--chdir=/α $x"`,
	} {
		if got := quoteOption(text); got != want {
			t.Errorf("%q: want %s, got %s", text, want, got)
		}
	}
}

// A shell must read back what was quoted.
func TestShellReadsQuotedWords(t *testing.T) {
	words := []string{"", "plain", "two words", "it's", `"`, `\`, "$HOME", "`ls`", "*", "~", "a=b", "#", "α β", "-n", "{a,b}", "!!", "a\tb", ";&|<>()", "%"}
	for _, shell := range []string{"sh", "bash"} {
		out, err := exec.Command(shell, "-c", "printf '[%s]' "+QuoteAll(words)).CombinedOutput()
		if want := "[" + strings.Join(words, "][") + "]"; err != nil || string(out) != want {
			t.Errorf("%s: want %s, got %s (%v)", shell, want, out, err)
		}
	}
	if got := QuoteAll([]string{"a=b", "c=d"}); got != "'a=b' c=d" {
		t.Errorf("a program with = in its name would be an assignment: %s", got)
	}
	rapid.Check(t, func(t *rapid.T) {
		word := rapid.StringMatching(`[^\x00\r\n]{0,12}`).Draw(t, "word")
		out, err := exec.Command("sh", "-c", "printf %s "+Quote(word)).CombinedOutput()
		if err != nil || string(out) != word {
			t.Errorf("%q: quoted %s, got %q (%v)", word, Quote(word), out, err)
		}
	})
}

func TestQuoteYAMLIsJSON(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		word := rapid.String().Draw(t, "word")
		var back string
		if err := json.Unmarshal([]byte(quoteYAML(word)), &back); err != nil || back != word {
			t.Errorf("%q: %v, got %q", word, err, back)
		}
	})
}
