package room_test

import (
	"testing"

	"example.com/house/room"
)

func TestTested(t *testing.T) { room.Tested() }
