package main

import (
	"fmt"
	"math"
	"reflect"
	"strings"
	"unicode"

	pb "github.com/ameideio/ameide-conformance-proto-go/ameide/conformance/v1"
	"github.com/ameideio/ameide-sdk-go/internal/policy"
)

// describe says what this adapter is.
func describe() *pb.DescribeResponse {
	numbers := map[string]float64{}
	for name, number := range numbersOf(policy.Behavior1()) {
		numbers[name] = number.get()
	}
	return &pb.DescribeResponse{
		Sdk:       "go",
		Version:   sdkVersion,
		Entries:   []string{genericEntry, rosterEntry},
		Protocols: []string{connectProtocol, grpcProtocol, grpcWebProtocol},
		Formats:   []string{"binary", "json"},
		Http:      []string{"1.1", "2", "auto"},
		Kinds:     []string{"unary", "server_streaming", "client_streaming", "bidi_streaming"},
		Constants: numbers,
		Abilities: []string{"cancel", "eager_streams", "keep_alive"},
	}
}

// perturbed has the built-in numbers with some of them changed; nil where none is.
func perturbed(changes map[string]float64) (*policy.Constants, error) {
	if len(changes) == 0 {
		return nil, nil
	}
	constants := policy.Behavior1()
	numbers := numbersOf(constants)
	for name, value := range changes {
		number, is := numbers[name]
		if !is {
			return nil, fmt.Errorf("no built-in number is named %s", name)
		}
		number.set(value)
	}
	return constants, nil
}

// number is one of the built-in numbers.
type number struct {
	get func() float64
	set func(float64)
}

// numbersOf has all numbers of constants by their names in policy.json.
func numbersOf(constants *policy.Constants) map[string]number {
	numbers := map[string]number{}
	addNumbers(numbers, "", reflect.ValueOf(constants).Elem())
	for preset, part := range constants.Presets {
		for _, field := range policy.FieldsIn(policy.InRetry) {
			if _, stated := part.Number(field); !stated {
				continue
			}
			name := fmt.Sprintf("presets.%s.%s", preset, snakeCase(field.String()))
			numbers[name] = number{
				get: func() float64 {
					part := constants.Presets[preset]
					value, _ := part.Number(field)
					return float64(value)
				},
				set: func(value float64) {
					part := constants.Presets[preset]
					part.Set(field, whole(value))
					constants.Presets[preset] = part
				},
			}
		}
	}
	return numbers
}

func addNumbers(numbers map[string]number, prefix string, value reflect.Value) {
	for i := range value.NumField() {
		field := value.Field(i)
		name := prefix + snakeCase(value.Type().Field(i).Name)
		switch field.Kind() {
		case reflect.Struct:
			addNumbers(numbers, name+".", field)
		case reflect.Int64:
			numbers[name] = number{
				get: func() float64 { return float64(field.Int()) },
				set: func(value float64) { field.SetInt(whole(value)) },
			}
		case reflect.Float64:
			numbers[name] = number{get: field.Float, set: field.SetFloat}
		}
	}
}

func whole(value float64) int64 { return int64(math.Round(value)) }

// snakeCase is a name of Go as protos have it: MaxGetURLLength is max_get_url_length.
func snakeCase(name string) string {
	var snake strings.Builder
	letters := []rune(name)
	for i, letter := range letters {
		if unicode.IsUpper(letter) && i > 0 {
			follows := !unicode.IsUpper(letters[i-1])
			begins := i+1 < len(letters) && unicode.IsLower(letters[i+1])
			if follows || begins {
				snake.WriteByte('_')
			}
		}
		snake.WriteRune(unicode.ToLower(letter))
	}
	return snake.String()
}
