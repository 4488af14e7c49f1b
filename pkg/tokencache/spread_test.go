package tokencache

import (
	"testing"
	"time"
)

// The tokens of a fleet that are minted within a second are not replaced within a second.
func TestTokensMintedTogetherAgeApart(t *testing.T) {
	const tokens = 1000
	life := 15 * time.Minute
	perSecond := map[int64]int{}
	for i := range tokens {
		issued := now.Add(time.Duration(i*7919%1_000_000) * time.Microsecond)
		e := Entry{Token: "t", Issued: issued, Expires: issued.Add(life)}
		from := e.ageingFrom().Sub(issued)
		if from > life*8/10 || from < life*7/10 {
			t.Errorf("minted %s after the second, ageing after %s", issued.Sub(now), from)
		}
		if !e.Ageing(issued.Add(from)) || e.Ageing(issued.Add(from-1)) {
			t.Errorf("not ageing from %s on", from)
		}
		perSecond[e.ageingFrom().Unix()]++
	}
	for second, n := range perSecond {
		if n > tokens/45 { // a tenth of the life has 90 s
			t.Errorf("%d of %d age in second %d", n, tokens, second)
		}
	}
}
