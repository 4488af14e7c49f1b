package sandbox

import (
	"maps"
	"time"
)

// pruneInterval is how often what has ended is forgotten, by the sandbox's clock.
const pruneInterval = time.Second

// prune forgets what has ended, so that a sandbox that runs for days keeps its size: what is refused is refused then
// because it is unknown. The caller holds the lock.
func (s *Sandbox) prune() {
	now := s.now()
	if since := now.Sub(s.pruned); since >= 0 && since < pruneInterval {
		return
	}
	s.pruned = now
	ended := func(end time.Time) bool { return !now.Before(end) }
	maps.DeleteFunc(s.opaque, func(_ string, t opaqueToken) bool { return ended(t.ends) })
	maps.DeleteFunc(s.assertion, func(_ string, end time.Time) bool { return now.After(end.Add(assertionLeeway)) })
	maps.DeleteFunc(s.sessions, func(_ string, one *session) bool {
		return ended(one.signedIn.Add(time.Duration(s.settings.SessionLifetime)))
	})
	// A device asks on for a while after its code has ended, and is to learn that it has.
	maps.DeleteFunc(s.devices, func(_ string, d *device) bool { return ended(d.expires.Add(time.Hour)) })
	needed := map[*grant]bool{}
	maps.DeleteFunc(s.codes, func(_ string, c *code) bool { return ended(c.expires) })
	maps.DeleteFunc(s.refresh, func(_ string, t *refreshToken) bool { return ended(t.expires) || ended(t.grant.ends) })
	for _, c := range s.codes {
		needed[c.grant] = true
	}
	for _, t := range s.refresh {
		needed[t.grant] = true
	}
	maps.DeleteFunc(s.grants, func(_ string, g *grant) bool { return !needed[g] && ended(g.ends) })
}
