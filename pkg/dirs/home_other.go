//go:build unix && !darwin

package dirs

const (
	configBelow = ".config"
	stateBelow  = ".local/state"
	cacheBelow  = ".cache"
)
