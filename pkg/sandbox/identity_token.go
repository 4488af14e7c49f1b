package sandbox

import "net/http"

// tokenEndpoint is the identity provider's, RFC 6749 §3.2.
func (s *Sandbox) tokenEndpoint(w http.ResponseWriter, r *http.Request) {
	status, body := func() (int, any) {
		s.mu.Lock()
		defer s.mu.Unlock()
		switch r.PostFormValue("grant_type") {
		case grantJWTBearer:
			a, err := s.redeemAssertion(r.PostFormValue("assertion"), s.base)
			if err != nil {
				return s.refuse("invalid_grant")
			}
			return s.machineToken(a, grantJWTBearer)
		}
		return s.refuse("unsupported_grant_type")
	}()
	w.Header().Set("Cache-Control", "no-store")
	writeJSON(w, status, body)
}
