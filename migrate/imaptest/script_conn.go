package imaptest

import (
	"bufio"
	"crypto/tls"
	"io"
	"net"
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

// Default answers a command as the server would by itself.
func (c *ScriptConn) Default(command Command) { c.server.defaultAnswer(c, command) }

// OK ends the answer to a command well.
func (c *ScriptConn) OK(command Command, text string) { c.Say(command.Tag + " OK " + text) }

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
		command, err := c.readCommand()
		if err != nil {
			return
		}
		c.server.mu.Lock()
		c.server.commands = append(c.server.commands, command)
		c.server.mu.Unlock()
		c.answer(command)
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

// readCommand reads one command with its literals.
func (c *ScriptConn) readCommand() (Command, error) {
	var text strings.Builder
	var literals [][]byte
	for {
		line, err := c.ReadLine()
		if err != nil {
			return Command{}, err
		}
		text.WriteString(line)
		size, ok := literalSize(line)
		if !ok {
			command := parseCommand(c.Number, text.String())
			command.Literals = literals
			return command, nil
		}
		if !strings.HasSuffix(line, "+}") {
			c.Say("+ go on")
			if err := c.w.Flush(); err != nil {
				return Command{}, err
			}
		}
		var literal strings.Builder
		if _, err := io.CopyN(&literal, c.r, size); err != nil {
			return Command{}, err
		}
		literals = append(literals, []byte(literal.String()))
	}
}
