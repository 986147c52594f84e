// Package group collects items into groups and makes one group after the other
// durable, in a goroutine of its own, while the next one fills. No more than
// these two groups are ever unfinished, so that a crash loses little.
package group
