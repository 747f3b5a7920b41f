package main

import "runtime/debug"

// hurry keeps the garbage collector back while a server starts, which was a sixth of a start: what is made then, stays.
// settle, which is called once it answers, brings the collector back and gives what the start needed for a moment to the
// system, above all the 19 MiB of the slow derivation, which an idle server would otherwise keep until its next collection.
func hurry() (settle func()) {
	usual := debug.SetGCPercent(1000)
	return func() {
		debug.SetGCPercent(usual)
		go debug.FreeOSMemory()
	}
}
