package ameide

import "strings"

// optionLayers are what a client was made with: its options, then those of what it was derived from, the nearest
// first.
type optionLayers []*clientOptions

// nearestOptions are the nearest statement of every option. Those of settings are laid together for each method.
func nearestOptions(layers optionLayers) *clientOptions {
	nearest := new(clientOptions)
	for i := len(layers) - 1; i >= 0; i-- {
		nearest.takeAll(layers[i])
	}
	return nearest
}

func (o *clientOptions) takeAll(from *clientOptions) {
	if from.retry.is {
		o.retryOptions = from.retryOptions
	}
	theirs := append(from.fields(), from.settings.fields()...)
	for i, mine := range append(o.fields(), o.settings.fields()...) {
		mine.take(theirs[i])
	}
}

// withoutShadowed are the same layers without what nearer ones state anyway. However long a chain of derived clients
// is, it keeps one value of each option, and no credential that is used no more.
func withoutShadowed(layers optionLayers) optionLayers {
	if len(layers) < 2 {
		return layers
	}
	shadow := newSettingsShadow()
	options := map[int]bool{}
	methods := map[string]*settingsShadow{}
	kept := optionLayers{layers[0]}
	for i, layer := range layers {
		if i > 0 {
			if rest := stripped(layer, options, shadow, methods); rest != nil {
				kept = append(kept, rest)
			}
		}
		for at, each := range layer.fields() {
			options[at] = options[at] || each.isStated() && each != field(&layer.methods)
		}
		shadow.add(&layer.settings)
		for _, each := range layer.methods.value {
			shadowOf(methods, each.selector).add(each.settings)
		}
	}
	return kept
}

// stripped is what of a layer still counts; nil for nothing.
func stripped(
	layer *clientOptions, options map[int]bool, shadow *settingsShadow, methods map[string]*settingsShadow,
) *clientOptions {
	rest := new(clientOptions)
	*rest = *layer
	counts := false
	for at, each := range rest.fields() {
		if options[at] {
			each.clear()
		}
		counts = counts || each.isStated() && each != field(&rest.methods)
	}
	rest.methods = stated[[]methodOptions]{}
	for _, each := range layer.methods.value {
		left := shadowOf(methods, each.selector).strip(shadow.strip(each.settings))
		if left != nil {
			rest.methods = state(append(rest.methods.value, methodOptions{each.selector, left}))
		}
	}
	own := shadow.strip(&layer.settings)
	if own == nil {
		own = new(settings)
	} else {
		counts = true
	}
	rest.settings = *own
	if !counts && !rest.methods.is {
		return nil
	}
	return rest
}

func shadowOf(methods map[string]*settingsShadow, selector string) *settingsShadow {
	shadow := methods[selector]
	if shadow == nil {
		shadow = newSettingsShadow()
		methods[selector] = shadow
	}
	return shadow
}

// A settingsShadow is what the settings so far state.
type settingsShadow struct {
	names   map[int]bool
	retry   map[int]bool
	headers map[string]bool
}

func newSettingsShadow() *settingsShadow {
	return &settingsShadow{map[int]bool{}, map[int]bool{}, map[string]bool{}}
}

func (s *settingsShadow) add(layer *settings) {
	for at, each := range layer.fields() {
		s.names[at] = s.names[at] || each.isStated()
	}
	for at, each := range layer.retryOptions.fields() {
		s.retry[at] = s.retry[at] || each.isStated()
	}
	for _, each := range layer.headers.value {
		s.headers[strings.ToLower(each.name)] = true
	}
}

// strip is what of settings still counts; nil for nothing. An option of which members count stays until all are
// stated.
func (s *settingsShadow) strip(layer *settings) *settings {
	if layer == nil {
		return nil
	}
	rest := new(settings)
	*rest = *layer
	counts := false
	for at, each := range rest.fields() {
		if s.names[at] && each != field(&rest.retry) && each != field(&rest.headers) {
			each.clear()
		}
	}
	s.stripRetry(rest)
	s.stripHeaders(rest)
	for _, each := range rest.fields() {
		counts = counts || each.isStated()
	}
	if !counts {
		return nil
	}
	return rest
}

func (s *settingsShadow) stripRetry(rest *settings) {
	left := false
	for at, each := range rest.retryOptions.fields() {
		if s.retry[at] {
			each.clear()
		}
		left = left || each.isStated()
	}
	stated := false
	for at, each := range rest.fields() {
		stated = stated || each == field(&rest.retry) && s.names[at]
	}
	if stated && !left {
		rest.retry.clear()
	}
}

func (s *settingsShadow) stripHeaders(rest *settings) {
	var left []header
	for _, each := range rest.headers.value {
		if !s.headers[strings.ToLower(each.name)] {
			left = append(left, each)
		}
	}
	rest.headers = stated[[]header]{left, len(left) > 0}
}
