package archive

import "github.com/mailhaul/mailhaul/checkpoint"

// Places gives folders their places without making them.
type Places struct{ p *places }

// PlacesOf returns what a ledger with these folders gives.
func PlacesOf(known []checkpoint.Folder) Places { return Places{newPlaces(known)} }

// Dir returns the directory for a folder.
func (p Places) Dir(name, delimiter string) string { return p.p.dirFor(name, delimiter) }

// NewBoxPath is where the file lies that is to replace the mbox at a place.
func NewBoxPath(place string) string { return newBoxPath(place) }
