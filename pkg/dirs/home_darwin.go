package dirs

const (
	configBelow = "Library/Application Support"
	stateBelow  = "Library/Application Support"
	cacheBelow  = "Library/Caches"
)
