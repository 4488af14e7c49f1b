package fleet

import (
	"context"
	"encoding/json"
	"fmt"

	"k8s.io/apimachinery/pkg/util/version"
	apiversion "k8s.io/apimachinery/pkg/version"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/yaml"
)

// versionCommand is kubectl version. What it says of the client is kubectl's own, which is asked once.
type versionCommand struct {
	output string
	client clientVersion
}

// clientVersion is what kubectl version --client -o json says.
type clientVersion struct {
	Version   *apiversion.Info `json:"clientVersion,omitempty"`
	Kustomize string           `json:"kustomizeVersion,omitempty"`
}

// versions are what kubectl version says.
type versions struct {
	Client    *apiversion.Info `json:"clientVersion,omitempty"`
	Kustomize string           `json:"kustomizeVersion,omitempty"`
	Server    *apiversion.Info `json:"serverVersion,omitempty"`
}

// NeedsClient reports whether the command says what kubectl is; SetClient has to be called then.
func (c *Command) NeedsClient() bool {
	_, ok := c.verb.(*versionCommand)
	return ok
}

// SetClient reads what kubectl version --client -o json has printed.
func (c *Command) SetClient(printed []byte) error {
	v, ok := c.verb.(*versionCommand)
	if !ok {
		return nil
	}
	if err := json.Unmarshal(printed, &v.client); err != nil || v.client.Version == nil {
		return errKubectl
	}
	return nil
}

func (v *versionCommand) run(ctx context.Context, c *connection, a *Answer) error {
	all := versions{Client: v.client.Version, Kustomize: v.client.Kustomize}
	body, contentType, errServer := c.body(ctx, func(client *rest.RESTClient) *rest.Request {
		return client.Get().AbsPath("/version")
	})
	if errServer == nil {
		all.Server = &apiversion.Info{}
		if json.Unmarshal(body, all.Server) != nil {
			all.Server, errServer = nil, notKubernetes(c, body, contentType)
		}
	}
	switch v.output {
	case "json":
		data, err := json.MarshalIndent(all, "", "  ")
		if err != nil {
			return err
		}
		fmt.Fprintf(&a.Out, "%s\n", data)
	case "yaml":
		data, err := yaml.Marshal(all)
		if err != nil {
			return err
		}
		fmt.Fprintf(&a.Out, "%s\n", data)
	default:
		if all.Server != nil {
			a.Tables = append(a.Tables, plainTable([]string{"SERVER-VERSION", "CLIENT-VERSION"},
				[][]string{{all.Server.GitVersion, all.Client.GitVersion}}))
		}
	}
	if errServer != nil {
		return errServer
	}
	if skew := skewOf(all.Client.GitVersion, all.Server.GitVersion); skew != "" {
		a.Notes = append(a.Notes, skew)
	}
	return nil
}

// skewOf is kubectl's warning about versions that are further apart than Kubernetes supports, or "".
func skewOf(client, server string) string {
	c, errClient := version.ParseSemantic(client)
	s, errServer := version.ParseSemantic(server)
	if errClient != nil || errServer != nil {
		return ""
	}
	apart := max(c.Minor(), s.Minor()) - min(c.Minor(), s.Minor())
	if c.Major() == s.Major() && apart <= 1 {
		return ""
	}
	return fmt.Sprintf("Warning: version difference between client (%d.%d) and server (%d.%d) exceeds the supported "+
		"minor version skew of +/-1", c.Major(), c.Minor(), s.Major(), s.Minor())
}
