package sample

import "strings"

// Folders are folder names as people see them, "/" between the levels: the
// usual ones, and names that hit quoting, modified UTF-7, wildcards, file
// systems and case folding. INBOX comes first.
func Folders() []string {
	return []string{
		"INBOX", "Sent", "Drafts", "Trash", "Junk",
		"Archive", "Archive/2019", "Archive/2020", "Archive/2021", "Archive/2022/Q1",
		"Archive/2022/Q2/Deep/Deeper/Deepest",
		"Work", "Work/Projects", "Work/Projects/Alpha Beta",
		"Entwürfe", "Список/Друзья", "日本語", "Emoji 😀 box",
		"R&D", "&", `with "quotes"`, "it's", `back\slash`, "100% sure", "star*name",
		"trailing space ", " leading space",
		"Lists/golang-nuts", "Lists/debian-devel", "a,b;c", "UPPER", "upper",
		"[Gmail]/All Mail", "dot.name", "tilde~name", "CON", strings.Repeat("x", 120),
	}
}
