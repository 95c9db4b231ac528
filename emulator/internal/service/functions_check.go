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

const defaultFunctionPath = "handler.py"

// The rules of the description that OpenAPI cannot express. That the service enforces the one for the keys of secrets is a
// guess: examples on the vendor's pages have MySecret and API_KEY.
var (
	secretKey       = regexp.MustCompile(gen.FunctionSecretsKeyPattern)
	envVarKey       = regexp.MustCompile(gen.FunctionEnvVarsKeyPattern)
	reservedSecrets = strings.Fields(gen.FunctionSecretsReservedKeys)
)

// completed checks a function to create against the rules that the description cannot express, drops empty texts, which
// the service does not store, and fills defaults in.
func (s *Service) completed(w gen.FunctionWrite) (gen.FunctionWrite, error) {
	dropEmpty(&w)
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
			return envelope.BadRequest("the secret key %q is not valid: it must match %s", key, gen.FunctionSecretsKeyPattern)
		case len(key)+len(secrets[key]) > gen.FunctionSecretsMaxEntryBytes:
			return envelope.BadRequest("the secret %q is too large: key and value together may have %d bytes", key, gen.FunctionSecretsMaxEntryBytes)
		}
	}
	return nil
}

func checkEnvVars(envVars gen.FunctionEnvVars) error {
	for _, key := range slices.Sorted(maps.Keys(envVars)) {
		if !envVarKey.MatchString(key) {
			return envelope.BadRequest("the environment variable %q is not valid: it must match %s", key, gen.FunctionEnvVarsKeyPattern)
		}
		if strings.ContainsRune(envVars[key], 0) {
			return envelope.BadRequest("the environment variable %q holds a zero byte, which no process can be given", key)
		}
	}
	return nil
}

func checkMetadata(metadata gen.Metadata) error {
	size := 0
	for _, key := range slices.Sorted(maps.Keys(metadata)) {
		if utf8.RuneCountInString(key) > gen.MetadataMaxKeyLength {
			return envelope.BadRequest("the metadata key %q is too long: %d characters are allowed", key, gen.MetadataMaxKeyLength)
		}
		if utf8.RuneCountInString(metadata[key]) > gen.MetadataMaxValueLength {
			return envelope.BadRequest("the metadata value of %q is too long: %d characters are allowed", key, gen.MetadataMaxValueLength)
		}
		size += len(key) + len(metadata[key])
	}
	if size > gen.MetadataMaxBytes {
		return envelope.BadRequest("the metadata has %d bytes: %d are allowed", size, gen.MetadataMaxBytes)
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
