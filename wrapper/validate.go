package functions

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/cogfn/cogfn/gen"
	"github.com/cogfn/cogfn/internal/source"
)

// cronFields is the number of fields of a cron expression.
const cronFields = 5

var (
	secretKey       = regexp.MustCompile(gen.FunctionSecretsKeyPattern)
	envVarKey       = regexp.MustCompile(gen.FunctionEnvVarsKeyPattern)
	reservedSecrets = strings.Fields(gen.FunctionSecretsReservedKeys)
)

// checkFunction checks the fields of a function. The error joins an *ArgumentError for each rule that is broken.
func checkFunction(w FunctionWrite) error {
	return join(
		checkLength("Name", &w.Name, gen.FunctionNameMinLength, gen.FunctionNameMaxLength),
		checkLength("ExternalID", w.ExternalID, 0, gen.ExternalIDMaxLength),
		checkLength("Owner", w.Owner, 0, gen.FunctionOwnerMaxLength),
		checkLength("Description", w.Description, 0, gen.FunctionDescriptionMaxLength),
		checkPath(w.FunctionPath),
		checkMasked(w),
		checkSecrets(w.Secrets),
		checkIndexes(w),
		checkEnvVars(w.EnvVars),
		checkMetadata(w.Metadata),
	)
}

func checkLength(field string, value *string, least, most int) error {
	if value == nil {
		return nil
	}
	if n := utf8.RuneCountInString(*value); n < least || n > most {
		return &ArgumentError{Field: field, Rule: fmt.Sprintf("has %d characters; it must have between %d and %d", n, least, most)}
	}
	return nil
}

func checkPath(p *string) error {
	if p == nil {
		return nil
	}
	if why := source.CheckPath(*p); why != "" {
		return &ArgumentError{Field: "FunctionPath", Rule: fmt.Sprintf("is %q; %s", *p, why)}
	}
	return checkLength("FunctionPath", p, 1, gen.FunctionPathMaxLength)
}

// checkSchedule checks the fields of a schedule. The error joins an *ArgumentError for each rule that is broken.
func checkSchedule(w ScheduleWrite) error {
	errs := []error{
		checkLength("Name", &w.Name, gen.FunctionScheduleNameMinLength, gen.FunctionScheduleNameMaxLength),
		checkLength("Description", w.Description, 0, gen.FunctionScheduleDescriptionMaxLength),
		checkLength("CronExpression", &w.CronExpression, 1, gen.FunctionScheduleCronMaxLength),
	}
	if w.CronExpression != "" && len(strings.Fields(w.CronExpression)) != cronFields {
		errs = append(errs, &ArgumentError{
			Field: "CronExpression",
			Rule:  fmt.Sprintf("is %q; it must have five fields: minute, hour, day of month, month and day of week, in UTC", w.CronExpression),
		})
	}
	return join(errs...)
}

// checkMasked rejects the three asterisks that the service returns instead of secrets. Create would store the asterisks.
func checkMasked(w FunctionWrite) error {
	masked := maskedSecrets(w.Secrets)
	if len(masked) == 0 {
		return nil
	}
	return &ArgumentError{Field: "Secrets", Rule: fmt.Sprintf("has three asterisks for %s; set the real values, which the service does not return", strings.Join(masked, ", "))}
}

// maskedSecrets returns the keys whose values are three asterisks, which the service returns instead of secrets.
func maskedSecrets(secrets map[string]string) []string {
	keys := slices.Sorted(maps.Keys(secrets))
	return slices.DeleteFunc(keys, func(k string) bool { return secrets[k] != redacted })
}

func checkSecrets(secrets map[string]string) error {
	var errs []error
	if len(secrets) > gen.FunctionSecretsMaxProperties {
		errs = append(errs, &ArgumentError{Field: "Secrets", Rule: fmt.Sprintf("has %d entries; at most %d are allowed", len(secrets), gen.FunctionSecretsMaxProperties)})
	}
	for _, key := range slices.Sorted(maps.Keys(secrets)) {
		switch {
		case slices.Contains(reservedSecrets, key):
			errs = append(errs, &ArgumentError{Field: "Secrets", Rule: fmt.Sprintf("has the key %q, which is reserved", key)})
		case !secretKey.MatchString(key):
			errs = append(errs, &ArgumentError{Field: "Secrets", Rule: fmt.Sprintf("has the key %q; keys must match %s", key, gen.FunctionSecretsKeyPattern)})
		case len(key)+len(secrets[key]) > gen.FunctionSecretsMaxEntryBytes:
			errs = append(errs, &ArgumentError{Field: "Secrets", Rule: fmt.Sprintf("has more than %d bytes under the key %q", gen.FunctionSecretsMaxEntryBytes, key)})
		}
	}
	return join(errs...)
}

// checkIndexes rejects URLs that were masked by FunctionWrite.MarshalJSON.
func checkIndexes(w FunctionWrite) error {
	var errs []error
	if w.IndexURL != nil && strings.Contains(*w.IndexURL, redacted) {
		errs = append(errs, &ArgumentError{Field: "IndexURL", Rule: "has three asterisks; set the real URL, which the service does not return"})
	}
	if slices.ContainsFunc(w.ExtraIndexURLs, func(address string) bool { return strings.Contains(address, redacted) }) {
		errs = append(errs, &ArgumentError{Field: "ExtraIndexURLs", Rule: "has three asterisks; set the real URLs, which the service does not return"})
	}
	return join(errs...)
}

func checkEnvVars(vars map[string]string) error {
	var errs []error
	if len(vars) > gen.FunctionEnvVarsMaxProperties {
		errs = append(errs, &ArgumentError{Field: "EnvVars", Rule: fmt.Sprintf("has %d entries; at most %d are allowed", len(vars), gen.FunctionEnvVarsMaxProperties)})
	}
	for _, key := range slices.Sorted(maps.Keys(vars)) {
		if !envVarKey.MatchString(key) {
			errs = append(errs, &ArgumentError{Field: "EnvVars", Rule: fmt.Sprintf("has the key %q; keys must match %s", key, gen.FunctionEnvVarsKeyPattern)})
		}
	}
	return join(errs...)
}

func checkMetadata(metadata map[string]string) error {
	var errs []error
	if len(metadata) > gen.MetadataMaxProperties {
		errs = append(errs, &ArgumentError{Field: "Metadata", Rule: fmt.Sprintf("has %d pairs; at most %d are allowed", len(metadata), gen.MetadataMaxProperties)})
	}
	total := 0
	for _, key := range slices.Sorted(maps.Keys(metadata)) {
		value := metadata[key]
		total += len(key) + len(value)
		if utf8.RuneCountInString(key) > gen.MetadataMaxKeyLength || utf8.RuneCountInString(value) > gen.MetadataMaxValueLength {
			errs = append(errs, &ArgumentError{Field: "Metadata", Rule: fmt.Sprintf("has the key %q; keys have at most %d characters and values at most %d", key, gen.MetadataMaxKeyLength, gen.MetadataMaxValueLength)})
		}
	}
	if total > gen.MetadataMaxBytes {
		errs = append(errs, &ArgumentError{Field: "Metadata", Rule: fmt.Sprintf("has %d bytes; at most %d are allowed", total, gen.MetadataMaxBytes)})
	}
	return join(errs...)
}
