package sandbox

import "time"

// What a new sandbox holds. The names are those of STACKIT's own documentation where it has some.
const (
	OrganizationID       = "12345678-aaaa-4aaa-8aaa-123456789abc"
	ParentID             = "12345678-abcd-abcd-abcd-123456789abc" // the folder of the documentation
	ParentContainerID    = "edge-folder-7Yk2mQp"
	OtherParentID        = "12345678-bbbb-4bbb-8bbb-123456789abc"
	ProjectID            = "12345678-ffff-4bcd-8fff-123456789abc" // YOUR-PROJECT below ParentID
	ProjectName          = "YOUR-PROJECT"
	OtherProjectID       = "12345678-cccc-4bcd-8ccc-123456789abc" // factory-floor
	NamesakeProjectID    = "12345678-eeee-4bcd-8eee-123456789abc" // YOUR-PROJECT below OtherParentID
	Region               = "eu01"
	InstanceID           = "demo-3714d85"
	InstanceName         = "demo"
	ReconcilingID        = "plant-3714d85" // reconciles until it is set
	ReconcilingName      = "plant"
	PlanID               = "5c3f0b2e-1d7a-4c7e-9c55-0f6a8a1b2c3d"
	AdminServiceAccount  = "edge-admin-x4t7k21@sa.stackit.cloud"  // edge.admin in every project
	ReaderServiceAccount = "edge-reader-p9w3m55@sa.stackit.cloud" // edge.reader: lists, cannot mint
	// IssuerServiceAccount is an edge.admin too, but the audience and the token endpoint of its key are those of the
	// identity provider.
	IssuerServiceAccount = "edge-issuer-c8d1z90@sa.stackit.cloud"
	AdminUser            = "ada@example.com"
	AdminPassword        = "correct-horse-battery-staple"
	ReaderUser           = "rob@example.com" // edge.reader
	ReaderPassword       = "tr0ub4dor-and-three"
)

// plans are all that there can be.
func plans() []plan {
	return []plan{
		{ID: PlanID, Name: "S", Description: "Up to 10 edge hosts", MinEdgeHosts: 1, MaxEdgeHosts: 10},
		{ID: "8e1d6a4c-72b9-4f0e-8a3d-6b5c4d3e2f1a", Name: "M", Description: "Up to 100 edge hosts",
			MinEdgeHosts: 11, MaxEdgeHosts: 100},
		{ID: "a7b8c9d0-e1f2-4a3b-9c4d-5e6f7a8b9c0d", Name: "L", Description: "Up to 1000 edge hosts",
			MinEdgeHosts: 101, MaxEdgeHosts: 1000},
	}
}

// populate makes what a new sandbox holds.
func (s *Sandbox) populate() {
	start := s.now().Add(-30 * 24 * time.Hour).UTC().Truncate(time.Second)
	folder := Parent{ID: ParentID, ContainerID: ParentContainerID, Type: "FOLDER"}
	other := Parent{ID: OtherParentID, ContainerID: "other-folder-3Kd9xWq", Type: "FOLDER"}
	s.projects = []Project{
		{ProjectID: ProjectID, ContainerID: "your-project-h2Vn8Rt", Name: ProjectName, LifecycleState: lifecycleActive,
			Parent: folder,
			Labels: map[string]string{"billingReference": "T-0012345B"}, CreationTime: start, UpdateTime: start},
		{ProjectID: OtherProjectID, ContainerID: "factory-floor-q6Lm1Zs", Name: "factory-floor",
			LifecycleState: lifecycleActive, Parent: folder, CreationTime: start.Add(time.Hour),
			UpdateTime: start.Add(time.Hour)},
		{ProjectID: "12345678-dddd-4bcd-8ddd-123456789abc", ContainerID: "retired-b5Tx0Jc", Name: "retired",
			LifecycleState: "INACTIVE", Parent: folder, CreationTime: start.Add(2 * time.Hour),
			UpdateTime: start.Add(2 * time.Hour)},
		{ProjectID: NamesakeProjectID, ContainerID: "your-project-w7Fg4Dy", Name: ProjectName,
			LifecycleState: lifecycleActive, Parent: other, CreationTime: start.Add(3 * time.Hour),
			UpdateTime: start.Add(3 * time.Hour)},
	}
	for _, i := range []Instance{
		{ID: InstanceID, DisplayName: InstanceName, ProjectID: ProjectID, Region: Region, PlanID: PlanID,
			Status:      StatusActive,
			ACL:         &ACL{[]IPRange{{"0d5c3f1e-8f0a-4a57-9a6d-3b1f2c4e5d60", "0.0.0.0/0", "everywhere"}}},
			Description: "Demonstration", Created: start.Add(time.Hour)},
		{ID: ReconcilingID, DisplayName: ReconcilingName, ProjectID: ProjectID, Region: Region, PlanID: PlanID,
			Status: StatusReconciling, Created: start.Add(2 * time.Hour)},
	} {
		s.AddInstance(i)
	}
	for _, a := range []account{
		{email: AdminServiceAccount, role: EdgeAdmin, machine: true, federated: s.ownProviders(), audience: s.base +
			"/service-account", tokenEndpoint: s.ServiceAccountTokenURL()},
		{email: ReaderServiceAccount, role: EdgeReader, machine: true, audience: s.base + "/service-account",
			tokenEndpoint: s.ServiceAccountTokenURL()},
		{email: IssuerServiceAccount, role: EdgeAdmin, machine: true, audience: s.base, tokenEndpoint: s.base +
			"/oauth/v2/token"},
		{email: AdminUser, role: EdgeAdmin, password: AdminPassword},
		{email: ReaderUser, role: EdgeReader, password: ReaderPassword},
	} {
		s.addAccount(a)
	}
}
