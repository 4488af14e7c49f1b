package sandbox

import (
	_ "embed"
	"html/template"
	"net/http"
)

//go:embed landing.html
var landingHTML string

var landingPage = template.Must(template.New("landing").Parse(landingHTML))

// landingData is what landing.html shows: what runs where, and no secret.
type landingData struct {
	URL       string
	First     string // ID of an instance
	Instances []InstanceState
	Clusters  []EdgeCluster
	Projects  []projectInfo
	Accounts  []AccountState
	Addresses [][2]string
}

// showLanding is the page for people who open the sandbox's address.
func (s *Sandbox) showLanding(w http.ResponseWriter, _ *http.Request) {
	data := landingData{
		URL: s.base, First: InstanceID, Instances: s.adminListInstances(), Clusters: s.ListEdgeClusters(),
		Projects: s.adminListProjects(),
		Accounts: s.adminListAccounts(),
		Addresses: [][2]string{
			{"Edge Cloud API", s.EdgeURL()},
			{"Resource manager", s.ResourceManagerURL()},
			{"Service enablement", s.ServiceEnablementURL()},
			{"Identity provider", s.IdentityProvider()},
			{"Service account keys", s.ServiceAccountTokenURL()},
			{"StackState", s.base + "/stackstate"},
			{"Control address", s.base + "/sandbox/"},
		},
	}
	writePageHeader(w, http.StatusOK)
	_ = landingPage.Execute(w, data) // the client went away
}
