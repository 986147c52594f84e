package wire

import "fmt"

// Limits on what the library may be made to read. It is used for greeting,
// capabilities and login, whose answers are small; it has no limits of its own.
const (
	guardOctets = 256 << 10 // in all, between two borrowings
	guardDepth  = 64        // parentheses within a line: its parser recurses
)

type guard struct{ octets, depth int }

func (g *guard) check(p []byte) error {
	g.octets += len(p)
	if g.octets > guardOctets {
		return fmt.Errorf("read answer: more than %d octets where a few hundred were expected", guardOctets)
	}
	for _, b := range p {
		switch b {
		case '(':
			g.depth++
		case ')':
			g.depth--
		case '\n':
			g.depth = 0
		}
		if g.depth > guardDepth {
			return fmt.Errorf("read answer: parentheses nested more than %d deep", guardDepth)
		}
	}
	return nil
}
