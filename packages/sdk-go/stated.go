package ameide

import "reflect"

// A stated value is what one level of options says of something, if it says anything: zero is a value, too.
type stated[T any] struct {
	value T
	is    bool
}

// state says a value.
func state[T any](value T) stated[T] {
	return stated[T]{value: value, is: true}
}

// or is the value where one is stated, and a fallback where none is.
func (s stated[T]) or(fallback T) T {
	if s.is {
		return s.value
	}
	return fallback
}

// isNil says whether there is nothing behind an interface, or a nil of some type.
func isNil(value any) bool {
	if value == nil {
		return true
	}
	switch reflected := reflect.ValueOf(value); reflected.Kind() {
	case reflect.Chan, reflect.Func, reflect.Interface, reflect.Map, reflect.Pointer, reflect.Slice, reflect.UnsafePointer:
		return reflected.IsNil()
	default:
		return false
	}
}

// isTypedNil says whether an interface is none itself, and there is nothing behind it.
func isTypedNil(value any) bool { return value != nil && isNil(value) }

// A field is a stated value of any type, as those see it that lay levels over each other.
type field interface {
	isStated() bool
	// take takes over what a field of the same type states; one that states nothing leaves it as it is.
	take(from field)
	clear()
}

func (s *stated[T]) isStated() bool { return s.is }

func (s *stated[T]) take(from field) {
	if other := from.(*stated[T]); other.is {
		*s = *other
	}
}

func (s *stated[T]) clear() { *s = stated[T]{} }
