package imaptest

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
)

// ScriptConn is one connection of a scripted server. What is written to it goes
// out at the latest when the answer to a command is complete.
type ScriptConn struct {
	// Number counts the server's connections from 1.
	Number int
	// User is who has logged in, Selected the folder that is open.
	User     string
	Selected *ScriptFolder

	server *ScriptServer
	tcp    *net.TCPConn
	r      *bufio.Reader
	w      *bufio.Writer
	secure bool
	turn   bool // the server's turn is held for this connection
	over   bool // nothing more is read

	readOnly bool     // Selected was opened by EXAMINE
	told     []uint32 // the UIDs in Selected that the client knows of
	refused  int      // commands answered with NO or BAD
}

func newScriptConn(s *ScriptServer, tcp *net.TCPConn, number int) *ScriptConn {
	c := &ScriptConn{Number: number, server: s, tcp: tcp}
	c.use(tcp)
	return c
}

// use lets the connection speak over conn.
func (c *ScriptConn) use(conn net.Conn) {
	c.r, c.w = bufio.NewReader(conn), bufio.NewWriterSize(turnWriter{c, conn}, 64<<10)
}

// turnWriter gives the server's turn away while it waits for a client to read:
// else a client that reads one connection at a time would wait for ever.
type turnWriter struct {
	c    *ScriptConn
	conn net.Conn
}

func (w turnWriter) Write(b []byte) (int, error) {
	if w.c.turn {
		w.c.server.turn.Unlock()
		defer w.c.server.turn.Lock()
	}
	return w.conn.Write(b)
}

// take waits for the server's turn; the function returned gives it back.
func (c *ScriptConn) take() func() {
	c.server.turn.Lock()
	c.turn = true
	return func() {
		c.turn = false
		c.server.turn.Unlock()
	}
}

// Say writes lines, each ended by CRLF.
func (c *ScriptConn) Say(lines ...string) {
	for _, line := range lines {
		_, _ = c.Write([]byte(line + "\r\n"))
	}
}

// Write sends octets as they are. It fails once the client has gone.
func (c *ScriptConn) Write(b []byte) (int, error) { return c.w.Write(b) }

// Flush sends what was written so far.
func (c *ScriptConn) Flush() error { return c.w.Flush() }

// Default answers a command as the server would by itself, with its quirks.
func (c *ScriptConn) Default(command Command) {
	for _, q := range c.server.script.Quirks {
		if q.Answer != nil && q.Answer(c, command) {
			return
		}
	}
	c.server.defaultAnswer(c, command)
}

// OK ends the answer to a command well.
func (c *ScriptConn) OK(command Command, text string) { c.Say(command.Tag + " OK " + text) }

// Refuse ends the answer to a command with what text says, such as "NO [CANNOT]
// not that".
func (c *ScriptConn) Refuse(command Command, text string) {
	c.Say(command.Tag + " " + text)
	c.refused++
	for _, q := range c.server.script.Quirks {
		if q.Refused != nil {
			q.Refused(c, c.refused)
		}
	}
}

// catchUp tells the client what has become of the open folder since it was told
// last (RFC 9051, 5.2): messages that are gone, then how many there are.
func (c *ScriptConn) catchUp() {
	if c.Selected == nil {
		return
	}
	now := c.Selected.uids()
	gone := 0
	for i, uid := range c.told {
		if _, there := slices.BinarySearch(now, uid); !there {
			c.Say(fmt.Sprintf("* %d EXPUNGE", i+1-gone))
			gone++
		}
	}
	if len(now) != len(c.told)-gone {
		c.Say(fmt.Sprintf("* %d EXISTS", len(now)))
	}
	c.told = now
}

// Secure tells whether TLS is in place.
func (c *ScriptConn) Secure() bool { return c.secure }

// Close ends the connection in order, after what was written.
func (c *ScriptConn) Close() {
	_ = c.w.Flush()
	_ = c.tcp.CloseWrite()
	c.over = true
}

// Reset ends the connection with a reset, after what was written.
func (c *ScriptConn) Reset() {
	_ = c.w.Flush()
	_ = c.tcp.SetLinger(0)
	c.tcp.Close()
	c.over = true
}

// Hold sends what was written and says no more until the client closes the
// connection or the test ends. Other connections are answered meanwhile.
func (c *ScriptConn) Hold() {
	_ = c.w.Flush()
	c.server.turn.Unlock()
	defer c.server.turn.Lock()
	_, _ = io.Copy(io.Discard, c.tcp) // returns when either side is gone
	c.over = true
}

// run speaks with the client until one of both has enough. Then it reads on
// until the client closes: closing a socket that holds unread octets would
// reset it, and the client would miss the last words.
func (c *ScriptConn) run() {
	defer func() { _, _ = io.Copy(io.Discard, c.tcp) }()
	if c.server.script.ImplicitTLS && c.startTLS() != nil {
		return
	}
	if !c.open() {
		return
	}
	for !c.over {
		command, done, err := c.readCommand()
		if err != nil {
			return
		}
		c.server.mu.Lock()
		c.server.commands = append(c.server.commands, command)
		c.server.mu.Unlock()
		if !done {
			c.answer(command)
		}
		if c.w.Flush() != nil {
			return
		}
	}
}

// open greets the client unless the script deals with it.
func (c *ScriptConn) open() bool {
	defer c.take()()
	if accept := c.server.script.Accept; accept != nil && !accept(c) {
		c.Close()
		return false
	}
	c.server.greet(c)
	return c.w.Flush() == nil
}

func (c *ScriptConn) answer(command Command) {
	defer c.take()()
	if answer := c.server.script.Answer; answer != nil && answer(c, command) {
		return
	}
	c.Default(command)
}

// startTLS makes the connection a TLS one.
func (c *ScriptConn) startTLS() error {
	conn := tls.Server(c.tcp, &tls.Config{Certificates: []tls.Certificate{*c.server.script.Certificate}})
	if err := conn.Handshake(); err != nil {
		return err
	}
	c.secure = true
	c.use(conn)
	return nil
}

// ReadLine reads one line without its CRLF: what a client says after a "+".
func (c *ScriptConn) ReadLine() (string, error) {
	line, err := c.r.ReadString('\n')
	return strings.TrimRight(line, "\r\n"), err
}

// readCommand reads one command with its literals. It has answered the command
// when the client was told not to send a literal: then done is true.
func (c *ScriptConn) readCommand() (command Command, done bool, err error) {
	var text strings.Builder
	var literals [][]byte
	for {
		line, err := c.ReadLine()
		if err != nil {
			return Command{}, false, err
		}
		text.WriteString(line)
		command := parseCommand(c.Number, text.String())
		command.Literals = literals
		size, ok := literalSize(line)
		if !ok {
			return command, false, nil
		}
		waits := !strings.HasSuffix(line, "+}")
		if c.refusesLiteral(command, size, waits) {
			return command, true, c.w.Flush()
		}
		if waits {
			c.Say("+ go on")
			if err := c.w.Flush(); err != nil {
				return Command{}, false, err
			}
		}
		var literal bytes.Buffer
		if _, err := io.CopyN(&literal, c.r, size); err != nil {
			return Command{}, false, err
		}
		literals = append(literals, literal.Bytes())
	}
}

// refusesLiteral refuses a command whose literal is of no use, where the client
// waits for leave to send it, and where a quirk has it so.
func (c *ScriptConn) refusesLiteral(command Command, size int64, waits bool) bool {
	defer c.take()()
	refused := ""
	if waits {
		refused = c.server.refuseLiteral(command, size)
	}
	for _, q := range c.server.script.Quirks {
		if q.Announced != nil && refused == "" {
			refused = q.Announced(c, command, size)
		}
	}
	if refused == "" {
		return false
	}
	c.Refuse(command, refused)
	return true
}
