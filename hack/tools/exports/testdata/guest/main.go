// Guest uses the room.
package main

import "example.com/house/room"

func main() {
	door, _ := room.Open(room.Options{})
	door.Lock("")
	_ = room.Name + room.Yes
}
