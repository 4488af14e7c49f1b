package two_test

type set []string

func (l set) has(s string) bool {
	for _, line := range l {
		if line == s {
			return true
		}
	}
	return false
}
