package registry

import "slices"

// A StatusMove is one change of status that an issued certificate may make.
type StatusMove struct{ From, To Status }

// statusMoves is every change there is: only a hold is lifted, and what is revoked stays revoked.
var statusMoves = []StatusMove{
	{Valid, Hold},
	{Valid, Revoked},
	{Hold, Valid},
	{Hold, Revoked},
}

// StatusMoves returns every change of status there is.
func StatusMoves() []StatusMove { return slices.Clone(statusMoves) }

// MayBecome reports whether a certificate of status s may be given the status to.
func (s Status) MayBecome(to Status) bool { return slices.Contains(statusMoves, StatusMove{s, to}) }
