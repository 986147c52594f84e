// Package ui owns the terminal: progress bars, lines on standard output and
// standard error, one JSON object a line, tables, prompts. Everything that came
// from a server or from mail passes through Escape before it is shown. It knows
// nothing of what the commands do.
package ui
