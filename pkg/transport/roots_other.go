//go:build !linux

package transport

// bundles are not looked for: macOS and Windows verify by themselves, with what no file has, such as an administrator's
// distrust.
var bundles []string
