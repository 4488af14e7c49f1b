package sandbox

import (
	"maps"
	"net/http"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"k8s.io/apimachinery/pkg/util/uuid"
)

// Workloads of the sandbox's own issuer that AdminServiceAccount trusts, and the bearer tokens with which CI jobs ask
// for theirs.
const (
	WorkloadSubject       = "system:serviceaccount:argocd:argocd-application-controller"
	GitHubSubject         = "repo:example/plant:ref:refs/heads/main"
	GitHubRequestToken    = "github-actions-request-token"
	AzureSubject          = "sc://example/plant/edge"
	AzureAudience         = "api://AzureADTokenExchange"
	AzureSystemToken      = "azure-devops-system-access-token"
	workloadTokenLifetime = 10 * time.Minute
)

// WorkloadIssuer returns the issuer URL of the sandbox's workloads: its cluster, its GitHub and its Azure DevOps.
func (s *Sandbox) WorkloadIssuer() string { return s.base + "/workload-issuer" }

// GitHubRequestURL is for ACTIONS_ID_TOKEN_REQUEST_URL; GitHubRequestToken is for ACTIONS_ID_TOKEN_REQUEST_TOKEN.
func (s *Sandbox) GitHubRequestURL() string { return s.WorkloadIssuer() + "/github?api-version=2.0" }

// AzureRequestURL is for SYSTEM_OIDCREQUESTURI; AzureSystemToken is for SYSTEM_ACCESSTOKEN.
func (s *Sandbox) AzureRequestURL() string { return s.WorkloadIssuer() + "/azure-devops" }

// ownProviders are what AdminServiceAccount trusts in a new sandbox.
func (s *Sandbox) ownProviders() []FederatedProvider {
	issuer := s.WorkloadIssuer()
	return []FederatedProvider{
		{Issuer: issuer, Claims: map[string]string{"aud": WorkloadAudience, "sub": WorkloadSubject}},
		{Issuer: issuer, Claims: map[string]string{"aud": WorkloadAudience, "sub": GitHubSubject}},
		{Issuer: issuer, Claims: map[string]string{"aud": AzureAudience, "sub": AzureSubject}},
	}
}

// IssueWorkloadToken makes a token of the sandbox's own issuer, by default that of a pod with subject WorkloadSubject
// and WorkloadAudience. Claims given replace those; a nil value removes one.
func (s *Sandbox) IssueWorkloadToken(claims map[string]any) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	all := jwt.MapClaims{
		"aud": []string{WorkloadAudience},
		"sub": WorkloadSubject,
		"iat": now.Unix(),
		"nbf": now.Unix(),
		"exp": now.Add(workloadTokenLifetime).Unix(),
		"jti": string(uuid.NewUUID()),
	}
	maps.Copy(all, claims)
	maps.DeleteFunc(all, func(_ string, v any) bool { return v == nil })
	return s.sign(s.WorkloadIssuer(), all)
}

func (s *Sandbox) routeWorkload() {
	s.mux.HandleFunc("GET /workload-issuer/.well-known/openid-configuration",
		func(w http.ResponseWriter, r *http.Request) {
			writeJSON(w, http.StatusOK, issuerDocument(s.WorkloadIssuer()))
		})
	s.mux.HandleFunc("GET /workload-issuer/keys", func(w http.ResponseWriter,
		r *http.Request) {
		s.serveKeys(w, s.WorkloadIssuer())
	})
	s.mux.HandleFunc("GET /workload-issuer/github",
		s.ciToken(GitHubRequestToken, GitHubSubject, "https://github.com/example", "value"))
	s.mux.HandleFunc("POST /workload-issuer/azure-devops", s.ciToken(AzureSystemToken, AzureSubject, "", "oidcToken"))
}

// ciToken imitates the service from which a CI job gets its token: for the audience it asks for, in the member given.
func (s *Sandbox) ciToken(bearer, subject, audience, member string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer "+bearer {
			writeJSON(w, http.StatusUnauthorized, map[string]string{"message": "Unauthorized"})
			return
		}
		aud := r.URL.Query().Get("audience")
		setDefault(&aud, audience)
		if aud == "" || member == "oidcToken" && r.URL.Query().Get("api-version") == "" {
			writeJSON(w, http.StatusBadRequest, map[string]string{"message": "audience or api-version is missing"})
			return
		}
		token, err := s.IssueWorkloadToken(map[string]any{"aud": aud, "sub": subject})
		if err != nil {
			writeJSON(w, http.StatusInternalServerError, map[string]string{"message": err.Error()})
			return
		}
		writeJSON(w, http.StatusOK, map[string]string{member: token})
	}
}

// issuerDocument is what verifiers read of an issuer that only signs tokens: OpenID Connect Discovery 1.0, as
// Kubernetes serves and needs it.
func issuerDocument(issuer string) map[string]any {
	return map[string]any{
		"issuer":                                issuer,
		"jwks_uri":                              issuer + "/keys",
		"response_types_supported":              []string{"id_token"},
		"subject_types_supported":               []string{"public"},
		"id_token_signing_alg_values_supported": []string{"RS256"},
	}
}
