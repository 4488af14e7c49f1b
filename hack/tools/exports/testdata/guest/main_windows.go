package main

import "example.com/house/room"

var _ = room.Window
