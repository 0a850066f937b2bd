package ameide

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/ameideio/ameide-sdk-go/internal/uuid"
)

func counting() func([]byte) {
	return func(bytes []byte) {
		for i := range bytes {
			bytes[i] = byte(0xf0 + i)
		}
	}
}

func TestUUIDs(t *testing.T) {
	// RFC 9562, appendix A.6: the time of the example there.
	if id := uuid.V7(time.UnixMilli(0x017F22E279B0), counting()); id != "017f22e2-79b0-76f7-b8f9-fafbfcfdfeff" {
		t.Error(id)
	}
	if id := uuid.V4(counting()); id != "f0f1f2f3-f4f5-46f7-b8f9-fafbfcfdfeff" {
		t.Error(id)
	}
	if made := testing.AllocsPerRun(100, func() { uuid.V7(time.Time{}, uuid.RandomBytes) }); made > 1 {
		t.Errorf("an id takes %v allocations, and not its text alone", made)
	}
	if one, other := uuid.V4(uuid.RandomBytes), uuid.V4(uuid.RandomBytes); one == other {
		t.Error("two ids are the same")
	}
}

func TestUserAgent(t *testing.T) {
	whole := userAgent(256, "shop/1.2")
	if !regexp.MustCompile(`^ameide-sdk-go/\S+ connect-go/1\.\d+\.\d+ go/1\.\d+\S* \(\w+; \w+\) shop/1\.2$`).MatchString(whole) {
		t.Error(whole)
	}
	if cut := userAgent(14, "shop/1.2"); cut != "ameide-sdk-go/" {
		t.Errorf("%q", cut)
	}
	if long := userAgent(256, "shop/"+strings.Repeat("1", 300)); len(long) != 256 {
		t.Errorf("it has %d bytes", len(long))
	}
}
