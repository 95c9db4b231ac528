package requirements

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
)

// option is an option of pip.
type option struct {
	short string // its one-letter name, or ""
	value string // what its value is, for error messages; "" if it takes no value
}

// lineOptions are the options that occupy a line of their own.
var lineOptions = map[string]option{
	"--index-url":       {"-i", "a URL"},
	"--pypi-url":        {"", "a URL"},
	"--extra-index-url": {"", "a URL"},
	"--no-index":        {"", ""},
	"--find-links":      {"-f", "a URL or a directory"},
	"--constraint":      {"-c", "a file name"},
	"--requirement":     {"-r", "a file name"},
	"--editable":        {"-e", "a URL or a directory"},
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

// packageOptions are the options that follow a package and apply only to it.
var packageOptions = map[string]option{
	"--hash":            {"", "an algorithm and a digest, such as sha256:…"},
	"--config-settings": {"-C", "KEY=VALUE"},
	"--config-setting":  {"", "KEY=VALUE"},
	"--global-option":   {"", "an option"},
	"--install-option":  {"", "an option"},
}

// checkOptions checks options and their values. Its errors quote no values, which may be credentials.
func checkOptions(text string, known map[string]option) error {
	words, err := splitWords(text)
	if err != nil {
		return err
	}
	for i := 0; i < len(words); i++ {
		word := words[i]
		if !strings.HasPrefix(word, "-") {
			return errors.New("a word between the options is not an option; write a package on its own line, before its options")
		}
		name, value, attached := splitOption(word, known)
		o, ok := known[name]
		switch {
		case !ok:
			return unknownOption(name)
		case o.value == "" && attached:
			return fmt.Errorf("%s takes no value; remove the value", name)
		case o.value != "" && !attached:
			if i++; i < len(words) {
				value = words[i]
			}
		}
		if o.value != "" && value == "" {
			return fmt.Errorf("%s needs %s; add it", name, o.value)
		}
	}
	return nil
}

// splitOption splits "--name=value" and "-nvalue" and replaces a short name by the long one.
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

// optionName matches what can only be a name. Other words that begin with "-" may contain a value, as in "-pPASSWORD".
var optionName = regexp.MustCompile(`^(?:-[A-Za-z]|--[a-z]+(?:-[a-z]+)*)$`)

func unknownOption(name string) error {
	_, onLine := lineOptions[name]
	_, afterPackage := packageOptions[name]
	switch {
	case onLine:
		return fmt.Errorf("%s cannot follow a package; write it on its own line", name)
	case afterPackage:
		return fmt.Errorf("%s applies to one package; write it after the package, on the same line", name)
	case !optionName.MatchString(name):
		return errors.New("pip accepts no such option in a requirements file; remove it")
	default:
		return fmt.Errorf("pip does not accept %s in a requirements file; remove it", name)
	}
}

// splitWords splits at spaces and tabs outside quotes and removes the quotes.
func splitWords(text string) ([]string, error) {
	var words []string
	var word strings.Builder
	inWord := false
	quote := rune(0)
	for _, c := range text {
		switch {
		case quote != 0 && c == quote:
			quote = 0
		case quote == 0 && (c == '"' || c == '\''):
			quote, inWord = c, true
		case quote == 0 && (c == ' ' || c == '\t'):
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
	if quote != 0 {
		return nil, errors.New("a quote is never closed; add the missing one")
	}
	if inWord {
		words = append(words, word.String())
	}
	return words, nil
}
