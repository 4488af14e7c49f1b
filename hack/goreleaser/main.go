//go:build tools

// Command goreleaser is GoReleaser, whose own main package is not more than this, but for one mend: its packages for
// Debian say Architecture-Variant: amd64v1 of what every amd64 runs, which is not a variant that Debian or Ubuntu
// knows.
// The release that has https://github.com/goreleaser/goreleaser/pull/6765 wants a newer Go.
package main

import (
	"io"
	"os"

	goversion "github.com/caarlos0/go-version"
	"github.com/goreleaser/goreleaser/v2/cmd"
	"github.com/goreleaser/nfpm/v2"
	"github.com/goreleaser/nfpm/v2/deb"
)

var version string // by the linker

func main() {
	nfpm.RegisterPackager("deb", baseline{deb.Default})
	info := goversion.GetVersionInfo(func(info *goversion.Info) { info.GitVersion = version })
	cmd.Execute(info, os.Exit, os.Args[1:])
}

// baseline packages what every machine of an architecture runs without a variant.
type baseline struct{ *deb.Deb }

func (b baseline) Package(info *nfpm.Info, w io.Writer) error {
	if v := info.Deb.ArchVariant; v == "v1" || v == "amd64v1" { // the latter once its file name was asked for
		info.Deb.ArchVariant = ""
	}
	return b.Deb.Package(info, w)
}
