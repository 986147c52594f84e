package ui

import (
	"strings"

	"github.com/rivo/uniseg"
)

// Width is the number of terminal cells that text takes; wide characters (East
// Asian, emoji) take two.
func Width(text string) int { return uniseg.StringWidth(text) }

// Fit cuts text to at most cells terminal cells, never within a character; a
// cut text ends in an ellipsis.
func Fit(text string, cells int) string {
	if Width(text) <= cells {
		return text
	}
	var b strings.Builder
	used := 0
	for g := uniseg.NewGraphemes(text); g.Next(); {
		if used+g.Width() > cells-1 {
			break
		}
		used += g.Width()
		b.WriteString(g.Str())
	}
	return b.String() + "…"
}

// PadRight fills text with blanks up to cells terminal cells.
func PadRight(text string, cells int) string {
	return text + strings.Repeat(" ", max(0, cells-Width(text)))
}

// PadLeft puts blanks before text up to cells terminal cells.
func PadLeft(text string, cells int) string {
	return strings.Repeat(" ", max(0, cells-Width(text))) + text
}

// Column is a column of a table.
type Column struct {
	Title string
	Right bool // numbers: aligned at their last digit
}

// Table lays rows out in columns that are as wide as their widest cell; cells
// are escaped. The last column is not padded.
func Table(columns []Column, rows [][]string) string {
	widths := make([]int, len(columns))
	for i, c := range columns {
		widths[i] = Width(c.Title)
	}
	for _, row := range rows {
		for i := range row {
			row[i] = Escape(row[i])
			widths[i] = max(widths[i], Width(row[i]))
		}
	}
	var b strings.Builder
	line := func(cells func(i int) string) {
		for i, c := range columns {
			switch {
			case c.Right:
				b.WriteString(PadLeft(cells(i), widths[i]))
			case i == len(columns)-1:
				b.WriteString(cells(i))
			default:
				b.WriteString(PadRight(cells(i), widths[i]))
			}
			if i < len(columns)-1 {
				b.WriteString("  ")
			}
		}
		b.WriteByte('\n')
	}
	line(func(i int) string { return columns[i].Title })
	for _, row := range rows {
		line(func(i int) string { return row[i] })
	}
	return b.String()
}
