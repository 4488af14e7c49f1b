// Package stackitid checks the identifiers of STACKIT Edge Cloud before they become part of a URL, a path or an
// argument.
//
// What passes is safe everywhere: it holds nothing but ASCII letters, digits and inner hyphens. The patterns are those
// of the Edge Cloud API v1beta1 and of STACKIT's Terraform provider. Every kubectl call runs these checks, so they are
// loops, not regular expressions.
package stackitid

import (
	"errors"
	"fmt"
	"strings"
)

// ProjectID reports whether s is a project's UUID.
func ProjectID(s string) error {
	if !uuid(s) {
		return invalid("project ID", s, "is not a UUID (32 hexadecimal digits in groups of 8-4-4-4-12)",
			"12345678-90ab-cdef-1234-567890abcdef")
	}
	return nil
}

// PlanID reports whether s is the UUID of a plan.
func PlanID(s string) error {
	if !uuid(s) {
		return invalid("plan ID", s, "is not a UUID (32 hexadecimal digits in groups of 8-4-4-4-12)",
			"12345678-90ab-cdef-1234-567890abcdef")
	}
	return nil
}

// Region reports whether s has the form of a region. Which regions exist is for the API to say.
func Region(s string) error {
	if len(s) > 32 || !label(s) || digit(s[0]) {
		return invalid("region", s, "must have 1 to 32 lower-case letters, digits and hyphens, start with a letter "+
			"and end with a letter or digit", "eu01")
	}
	return nil
}

// InstanceID reports whether s has the form of an instance's id, which is its display name, a hyphen and a hash of the
// project.
func InstanceID(s string) error {
	if len(s) > 16 || !label(s) {
		return invalid("instance ID", s, "must have 1 to 16 lower-case letters, digits and hyphens, and start and "+
			"end with a letter or digit", "demo-3714d85")
	}
	return nil
}

// NameOf is the display name of the instance that has this id: what stands before the last hyphen.
func NameOf(id string) string { return id[:max(0, strings.LastIndex(id, "-"))] }

// ClusterName reports whether s has the form of an EdgeCluster's name: a DNS subdomain (RFC 1123), as names of
// Kubernetes' objects are, that leaves room for the suffix of its secrets' names.
func ClusterName(s string) error {
	const longest = 253 - len("-talosconfig")
	valid := s != "" && len(s) <= longest
	for rest := s; valid && rest != ""; {
		part, after, found := strings.Cut(rest, ".")
		valid = label(part) && (!found || after != "")
		rest = after
	}
	if !valid {
		return invalid("name of an edge cluster", s,
			"must have 1 to 241 lower-case letters, digits, hyphens and dots, and start and end with a letter or digit",
			"berlin")
	}
	return nil
}

// ClusterUID reports whether s has the form of an object's metadata.uid.
func ClusterUID(s string) error {
	if !uuid(s) {
		return invalid("UID of an edge cluster", s, "is not a UUID (32 hexadecimal digits in groups of 8-4-4-4-12)",
			"12345678-90ab-cdef-1234-567890abcdef")
	}
	return nil
}

// Namespace reports whether s has the form of a namespace of Kubernetes.
func Namespace(s string) error {
	if len(s) > 63 || !label(s) {
		return invalid("namespace", s, "must have 1 to 63 lower-case letters, digits and hyphens, and start and end "+
			"with "+
			"a letter or digit", "default")
	}
	return nil
}

// DisplayName reports whether s has the form of an instance's display name.
func DisplayName(s string) error {
	if len(s) < 4 || len(s) > 8 || !label(s) || digit(s[0]) {
		return invalid("instance name", s,
			"must have 4 to 8 lower-case letters, digits and hyphens, start with a letter and end with a letter or "+
				"digit", "demo")
	}
	return nil
}

// uuid reports whether s is a UUID in the text form of RFC 9562 §4, in either case.
func uuid(s string) bool {
	if len(s) != 36 {
		return false
	}
	for i := range len(s) {
		c := s[i]
		switch i {
		case 8, 13, 18, 23:
			if c != '-' {
				return false
			}
		default:
			if !digit(c) && (c < 'a' || c > 'f') && (c < 'A' || c > 'F') {
				return false
			}
		}
	}
	return true
}

// label reports whether s is a host name's label of RFC 1123 §2.1 in lower case, of any length but zero.
func label(s string) bool {
	if s == "" || s[0] == '-' || s[len(s)-1] == '-' {
		return false
	}
	for i := range len(s) {
		if c := s[i]; !digit(c) && (c < 'a' || c > 'z') && c != '-' {
			return false
		}
	}
	return true
}

func digit(c byte) bool { return '0' <= c && c <= '9' }

func invalid(what, value, rule, example string) error {
	if value == "" {
		return errors.New(what + " is missing, for example " + example)
	}
	const shown = 48
	if len(value) > shown {
		return fmt.Errorf("%s %q… %s, for example %s", what, value[:shown], rule, example)
	}
	return fmt.Errorf("%s %q %s, for example %s", what, value, rule, example)
}
