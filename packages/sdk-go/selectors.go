package ameide

import (
	"fmt"
	"slices"
	"strings"
	"unicode"

	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/ameideio/ameide-sdk-go/internal/nearest"
)

// statedSelectors are the selectors of one level of options, or of one document.
type statedSelectors struct {
	// What they stand in, for whoever has to mend it: methods, policy document.
	where     string
	selectors []string
}

// misspelt are the selectors that, seen from a service that is called, are misspelt: a method it does not have, or a
// service that is not there and is named nearly as it is. A line for each.
func misspelt(service protoreflect.ServiceDescriptor, all []statedSelectors) []string {
	var problems []string
	for _, stated := range all {
		for _, selector := range stated.selectors {
			if problem := selectorProblem(service, selector); problem != "" {
				line := fmt.Sprintf("%s: the selector %s selects nothing: %s", stated.where, selector, problem)
				problems = append(problems, line)
			}
		}
	}
	return problems
}

func selectorProblem(service protoreflect.ServiceDescriptor, selector string) string {
	typeName := string(service.FullName())
	name, local, ofMethod := strings.Cut(selector, "/")
	if name == typeName {
		if ofMethod {
			return noMethod(service, local)
		}
		return ""
	}
	for _, bare := range methodNames(service) {
		if bare == selector || strings.ToLower(bare[:1])+bare[1:] == selector {
			return fmt.Sprintf("it names no service; did you mean %s/%s?", typeName, bare)
		}
	}
	file := service.ParentFile()
	for i := range file.Services().Len() {
		if string(file.Services().Get(i).FullName()) == name {
			return ""
		}
	}
	// Another version of a service is no misspelt one.
	sameButDigits := withoutDigits(name) == withoutDigits(typeName)
	isNear := !sameButDigits && nearest.Of(name, []string{typeName}) != ""
	if strings.HasSuffix(typeName, "."+name) || isNear {
		return fmt.Sprintf("%s has no service %s; did you mean %s?", file.Path(), name, typeName)
	}
	return ""
}

// noMethod is what is wrong with the name of a method of a service; empty for nothing.
func noMethod(service protoreflect.ServiceDescriptor, name string) string {
	names := methodNames(service)
	if slices.Contains(names, name) {
		return ""
	}
	hint := ""
	if near := nearest.Of(name, names); near != "" {
		hint = fmt.Sprintf("; did you mean %s?", near)
	}
	return fmt.Sprintf("%s has no method %s%s", service.FullName(), name, hint)
}

func methodNames(service protoreflect.ServiceDescriptor) []string {
	names := make([]string, service.Methods().Len())
	for i := range names {
		names[i] = string(service.Methods().Get(i).Name())
	}
	return names
}

func withoutDigits(name string) string {
	return strings.Map(func(char rune) rune {
		if unicode.IsDigit(char) {
			return -1
		}
		return char
	}, name)
}
