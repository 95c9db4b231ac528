package requirements

import (
	"errors"
	"fmt"
	"strings"
)

// option is an option of pip; short is its other name, if it has one.
type option struct {
	short string
	value string // what the value is, for messages; "" when it takes none
}

// lineOptions may stand on a line of their own.
var lineOptions = map[string]option{
	"--index-url":       {"-i", "an address"},
	"--pypi-url":        {"", "an address"},
	"--extra-index-url": {"", "an address"},
	"--no-index":        {"", ""},
	"--find-links":      {"-f", "an address or a folder"},
	"--constraint":      {"-c", "a file name"},
	"--requirement":     {"-r", "a file name"},
	"--editable":        {"-e", "an address or a folder"},
	"--no-binary":       {"", "package names, :all: or :none:"},
	"--only-binary":     {"", "package names, :all: or :none:"},
	"--prefer-binary":   {"", ""},
	"--require-hashes":  {"", ""},
	"--pre":             {"", ""},
	"--trusted-host":    {"", "a host name"},
	"--use-feature":     {"", "a feature name"},
	"--config-settings": {"-C", "KEY=VALUE"}, // for --editable
	"--config-setting":  {"", "KEY=VALUE"},
	"--global-option":   {"", "an option"},
}

// packageOptions may follow a package, and concern it alone.
var packageOptions = map[string]option{
	"--hash":            {"", "an algorithm and a digest, such as sha256:…"},
	"--config-settings": {"-C", "KEY=VALUE"},
	"--config-setting":  {"", "KEY=VALUE"},
	"--global-option":   {"", "an option"},
	"--install-option":  {"", "an option"},
}

func parseSettings(text string, known map[string]option) ([]Setting, error) {
	words, err := splitWords(text)
	if err != nil {
		return nil, err
	}
	var settings []Setting
	for i := 0; i < len(words); i++ {
		word := words[i]
		if !strings.HasPrefix(word, "-") {
			return nil, fmt.Errorf(`"%s" is no option; put it on a line of its own`, word)
		}
		name, value, attached := splitOption(word, known)
		o, ok := known[name]
		switch {
		case !ok:
			return nil, unknownOption(name)
		case o.value == "" && attached:
			return nil, fmt.Errorf("%s takes no value; remove the value", name)
		case o.value != "" && !attached:
			if i++; i < len(words) {
				value = words[i]
			}
		}
		if o.value != "" && value == "" {
			return nil, fmt.Errorf("%s needs %s; add it", name, o.value)
		}
		settings = append(settings, Setting{name, value})
	}
	return settings, nil
}

// splitOption takes "--name=value", "-nvalue" and plain names apart and turns short names into long ones.
func splitOption(word string, known map[string]option) (name, value string, attached bool) {
	if strings.HasPrefix(word, "--") {
		return strings.Cut(word, "=")
	}
	for long, o := range known {
		if rest, ok := strings.CutPrefix(word, o.short); ok && o.short != "" {
			return long, rest, rest != ""
		}
	}
	return word, "", false
}

func unknownOption(name string) error {
	_, onLine := lineOptions[name]
	_, behindPackage := packageOptions[name]
	switch {
	case onLine:
		return fmt.Errorf("%s must stand on a line of its own; move it there", name)
	case behindPackage:
		return fmt.Errorf("%s must follow a package; put it behind one", name)
	default:
		return fmt.Errorf("pip knows no option %s in a requirements file; remove it", name)
	}
}

// splitWords splits at blanks outside quotes and drops the quotes.
func splitWords(text string) ([]string, error) {
	var words []string
	var word strings.Builder
	inWord := false
	quoted := rune(0)
	for _, c := range text {
		switch {
		case quoted != 0 && c == quoted:
			quoted = 0
		case quoted == 0 && (c == '"' || c == '\''):
			quoted, inWord = c, true
		case quoted == 0 && (c == ' ' || c == '\t'):
			if inWord {
				words = append(words, word.String())
				word.Reset()
			}
			inWord = false
		default:
			word.WriteRune(c)
			inWord = true
		}
	}
	if quoted != 0 {
		return nil, errors.New("a quote is never closed; add the missing one")
	}
	if inWord {
		words = append(words, word.String())
	}
	return words, nil
}
