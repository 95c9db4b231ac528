package service

import (
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/cogfn/cogfn/emulator/internal/envelope"
	"github.com/cogfn/cogfn/gen"
)

const (
	defaultFunctionPath = "handler.py"
	maxSecretBytes      = 25_000 // key and value together
)

// A client library has rules like these of its own. They are not shared on purpose: the service must be able to find a
// client's mistake, and a client the service's.
var (
	// A guess: the vendor's reference asks for this in words, while examples on its pages have MySecret and API_KEY. The
	// narrow reading is the safe one, since what passes here passes there either way.
	secretKey       = regexp.MustCompile(`^[a-z0-9-]{1,15}$`)
	envVarKey       = regexp.MustCompile(`^[A-Za-z0-9_]+$`)
	reservedSecrets = []string{"token", "indexUrl", "extraIndexUrls"}
)

// completed checks a function to create against the rules that the description cannot express, drops empty texts, which
// the service does not store, and fills defaults in.
func (s *Service) completed(w gen.FunctionWrite) (gen.FunctionWrite, error) {
	for _, field := range []**string{&w.ExternalID, &w.Description, &w.Owner, &w.FunctionPath, &w.IndexURL} {
		if *field != nil && **field == "" {
			*field = nil
		}
	}
	for _, check := range []error{
		checkSecrets(w.Secrets), checkEnvVars(w.EnvVars), checkMetadata(w.Metadata), checkFunctionPath(value(w.FunctionPath)),
		s.checkSize(w),
	} {
		if check != nil {
			return w, check
		}
	}
	if w.FunctionPath == nil {
		w.FunctionPath = new(defaultFunctionPath)
	}
	if w.CPU == nil {
		w.CPU = new(s.Limits.CPU.Default)
	}
	if w.Memory == nil {
		w.Memory = new(s.Limits.Memory.Default)
	}
	if w.Runtime == nil {
		// The newest one; the service's own default has moved with every new runtime.
		w.Runtime = new(s.Limits.defaultRuntime())
	}
	return w, nil
}

// checkSecrets never puts a value, or a key that may be a misplaced value, into its errors beyond the key itself.
func checkSecrets(secrets gen.FunctionSecrets) error {
	for _, key := range slices.Sorted(maps.Keys(secrets)) {
		switch {
		case slices.Contains(reservedSecrets, key):
			return envelope.BadRequest("the secret key %q is reserved: choose another one", key)
		case !secretKey.MatchString(key):
			return envelope.BadRequest("the secret key %q is not valid: use 1 to 15 lower-case letters, digits and dashes", key)
		case len(key)+len(secrets[key]) > maxSecretBytes:
			return envelope.BadRequest("the secret %q is too large: key and value together may have %d bytes", key, maxSecretBytes)
		}
	}
	return nil
}

func checkEnvVars(envVars gen.FunctionEnvVars) error {
	for _, key := range slices.Sorted(maps.Keys(envVars)) {
		if !envVarKey.MatchString(key) {
			return envelope.BadRequest("the environment variable %q is not valid: use letters, digits and underscores", key)
		}
		if strings.ContainsRune(envVars[key], 0) {
			return envelope.BadRequest("the environment variable %q holds a zero byte, which no process can be given", key)
		}
	}
	return nil
}

func checkMetadata(metadata gen.Metadata) error {
	const pairs, keyLength, valueLength, total = 16, 32, 512, 4096
	if len(metadata) > pairs {
		return envelope.BadRequest("the metadata has %d pairs: %d are allowed", len(metadata), pairs)
	}
	size := 0
	for _, key := range slices.Sorted(maps.Keys(metadata)) {
		if utf8.RuneCountInString(key) > keyLength {
			return envelope.BadRequest("the metadata key %q is too long: %d characters are allowed", key, keyLength)
		}
		if utf8.RuneCountInString(metadata[key]) > valueLength {
			return envelope.BadRequest("the metadata value of %q is too long: %d characters are allowed", key, valueLength)
		}
		size += len(key) + len(metadata[key])
	}
	if size > total {
		return envelope.BadRequest("the metadata has %d bytes: %d are allowed", size, total)
	}
	return nil
}

// checkFunctionPath allows relative paths that stay inside the archive. That they are refused here, and not when the
// function is deployed, is a guess.
func checkFunctionPath(functionPath string) error {
	clean := path.Clean(functionPath)
	if path.IsAbs(functionPath) || clean == ".." || strings.HasPrefix(clean, "../") || strings.Contains(functionPath, `\`) {
		return envelope.BadRequest("the functionPath %q is not valid: use a relative path with forward slashes inside the zip file",
			functionPath)
	}
	return nil
}

func (s *Service) checkSize(w gen.FunctionWrite) error {
	cpu, memory := s.Limits.CPU, s.Limits.Memory
	if w.CPU != nil && (*w.CPU < cpu.Min || *w.CPU > cpu.Max) {
		return envelope.BadRequest("cpu is %g: it must be between %g and %g", *w.CPU, cpu.Min, cpu.Max)
	}
	if w.Memory != nil && (*w.Memory < memory.Min || *w.Memory > memory.Max) {
		return envelope.BadRequest("memory is %g: it must be between %g and %g", *w.Memory, memory.Min, memory.Max)
	}
	if w.Runtime != nil && !slices.Contains(s.Limits.Runtimes, string(*w.Runtime)) {
		return envelope.BadRequest("the runtime %q is not on offer: choose one of %s", *w.Runtime, strings.Join(s.Limits.Runtimes, ", "))
	}
	return nil
}
