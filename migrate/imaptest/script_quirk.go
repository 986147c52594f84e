package imaptest

import (
	"slices"
	"strings"
)

// Quirk is a way in which a scripted server differs from a well-behaved one.
// Each of its functions may be nil. Quirks are asked in order, after
// [Script.Answer], one at a time over all connections. A quirk that counts
// belongs to one server.
type Quirk struct {
	// Greet is asked before the server greets. It returns true when it has said
	// what there is to say.
	Greet func(c *ScriptConn) bool
	// Answer is asked for each command before the default answer. It returns true
	// when it has answered.
	Answer func(c *ScriptConn, command Command) bool
	// Announced is asked when a literal of size octets is announced and has not
	// been read; command is what came so far. A text such as "BAD wrong date"
	// refuses the command there: what the client sends next is read as a command.
	Announced func(c *ScriptConn, command Command, size int64) string
	// Append is asked for each message before it is stored.
	Append func(c *ScriptConn, a *Appending)
	// Stored is asked when the messages of an APPEND are stored and not yet
	// answered; answer is the text behind the tag and OK. It returns true when it
	// has dealt with the answer.
	Stored func(c *ScriptConn, command Command, answer string) bool
	// Refused is told that a command was answered by NO or BAD, the n-th on its
	// connection.
	Refused func(c *ScriptConn, n int)
}

// ClosesAfterRefusals ends a connection with BYE after n refused commands.
// Exchange does so after 10.
func ClosesAfterRefusals(n int) Quirk {
	return Quirk{Refused: func(c *ScriptConn, refused int) {
		if refused == n {
			c.Say("* BYE Connection is closed. 13")
			c.Close()
		}
	}}
}

// CutsBeforeOK stores the messages of every n-th APPEND and resets the connection
// in place of an answer, at most times times (0: always). A line does so that
// is lost at this moment, a server whose process ends, and a load balancer.
func CutsBeforeOK(n, times int) Quirk {
	due := counter(n, times)
	return Quirk{Stored: func(c *ScriptConn, _ Command, _ string) bool {
		if due() {
			c.Reset()
			return true
		}
		return false
	}}
}

// StallsBeforeOK is CutsBeforeOK with a connection that stays, in silence: a line
// behind a NAT that has forgotten it, or a server that waits for a lock.
func StallsBeforeOK(n, times int) Quirk {
	due := counter(n, times)
	return Quirk{Stored: func(c *ScriptConn, _ Command, _ string) bool {
		if due() {
			c.Hold()
			return true
		}
		return false
	}}
}

// CutsBeforeStoring resets the connection when an APPEND has come in whole and
// stores nothing: the twin that a client cannot tell from CutsBeforeOK.
func CutsBeforeStoring(n, times int) Quirk {
	due := counter(n, times)
	return Quirk{Answer: func(c *ScriptConn, command Command) bool {
		if command.Name == "APPEND" && due() {
			c.Reset()
			return true
		}
		return false
	}}
}

// counter returns a function that is true for every n-th call, times times.
func counter(n, times int) func() bool {
	calls, given := 0, 0
	return func() bool {
		if calls++; calls%n != 0 || times > 0 && given == times {
			return false
		}
		given++
		return true
	}
}

// HidesUIDs says OK to APPEND without a UID though UIDPLUS is announced: RFC 4315
// (3) lets a server do so for folders whose UIDs do not last, and FTGate has none.
func HidesUIDs() Quirk {
	return Quirk{Stored: func(c *ScriptConn, command Command, _ string) bool {
		c.OK(command, "APPEND done")
		return true
	}}
}

// SwapsUIDs tells UID and UIDVALIDITY of APPENDUID in the wrong order. DavMail did
// so until 2023 (mguessan/davmail#315).
func SwapsUIDs() Quirk {
	return Quirk{Stored: func(c *ScriptConn, command Command, answer string) bool {
		words := strings.Fields(answer)
		if len(words) < 3 || words[0] != "[APPENDUID" {
			return false
		}
		c.OK(command, "[APPENDUID "+strings.TrimSuffix(words[2], "]")+" "+words[1]+"] APPEND done")
		return true
	}}
}

// RunsLiterals refuses an APPEND with a system flag that is none, or with a bad
// date, before the literal has come: a client that did not wait finds that its
// message is read as commands. Dovecot 2.3.19 does so.
func RunsLiterals() Quirk {
	return Quirk{Announced: func(_ *ScriptConn, command Command, _ int64) string {
		if command.Name != "APPEND" {
			return ""
		}
		command.Args = command.Args[:strings.LastIndexByte(command.Args, '{')] + "{0+}"
		command.Literals = append(slices.Clone(command.Literals), nil)
		args, err := arguments(command)
		if err == nil && len(args) > 1 {
			_, err = appended(args[1:])
		}
		if err != nil {
			return "BAD Error in IMAP command APPEND: " + err.Error()
		}
		return ""
	}}
}

// RefusesNames refuses to make folders with names (as they stand on the wire)
// that refuse is true for. Cyrus refuses `"`, `\`, `%`, `,;`, Courier characters above
// U+FFFF, Gmail "^" and blanks at either end, Exchange "Files".
func RefusesNames(refuse func(name string) bool) Quirk {
	return Quirk{Answer: func(c *ScriptConn, command Command) bool {
		if command.Name != "CREATE" {
			return false
		}
		args, err := arguments(command)
		if err != nil || len(args) == 0 || !refuse(args[0].text) {
			return false
		}
		c.Refuse(command, "NO [CANNOT] Invalid mailbox name")
		return true
	}}
}

// ReadOnly lets folders be read and not changed, as shared folders are on Dovecot,
// Cyrus and Exchange to those who have the right to read (RFC 4314, "lr").
func ReadOnly(names ...string) Quirk {
	return Quirk{Answer: func(c *ScriptConn, command Command) bool {
		switch command.Name {
		case "UID STORE", "EXPUNGE", "UID EXPUNGE":
			if c.Selected == nil || !slices.Contains(names, c.Selected.Name) {
				return false
			}
		case "SELECT", "APPEND", "DELETE":
			args, err := arguments(command)
			if err != nil || len(args) == 0 || !slices.Contains(names, args[0].text) {
				return false
			}
		default:
			return false
		}
		if command.Name == "SELECT" {
			command.Name = "EXAMINE"
			c.Default(command)
			return true
		}
		c.Refuse(command, "NO [NOPERM] Permission denied")
		return true
	}}
}

// LosesFolder deletes a folder before the n-th APPEND into it, as another client
// does meanwhile: that APPEND is answered by [TRYCREATE], as by all servers.
func LosesFolder(name string, n int) Quirk {
	due := counter(n, 1)
	return Quirk{Answer: func(c *ScriptConn, command Command) bool {
		if command.Name != "APPEND" {
			return false
		}
		args, err := arguments(command)
		if err != nil || len(args) == 0 || args[0].text != name || !due() {
			return false
		}
		if f := c.server.named(name); f != nil {
			c.server.remove(f)
		}
		return false
	}}
}
