package oauth_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/mailhaul/mailhaul/cmd/internal/oauth"
	"github.com/mailhaul/mailhaul/cmd/internal/oauth/oauthtest"
)

// child makes the test binary a process that gets tokens: "DIR TOKEN-URL N".
const child = "OAUTH_TEST_CHILD"

func TestMain(m *testing.M) {
	if args := strings.Fields(os.Getenv(child)); len(args) == 3 {
		os.Exit(getTokens(args[0], args[1], args[2]))
	}
	os.Exit(m.Run())
}

// getTokens waits for a line, gets a token, and then says of each that the server
// has refused it, n tokens in all. It writes them.
func getTokens(dir, tokenURL, n string) int {
	count, err := strconv.Atoi(n)
	if err != nil {
		return 2
	}
	c, err := oauth.New(oauth.Settings{ClientID: "client", AuthURL: tokenURL, TokenURL: tokenURL}, oauth.Options{})
	if err != nil {
		fmt.Println(err)
		return 2
	}
	source := oauth.NewSource(c, oauth.NewStore(dir, "me@mail.example.org"))
	fmt.Println("ready")
	if _, err := bufio.NewReader(os.Stdin).ReadString('\n'); err != nil {
		return 2
	}
	refused := ""
	for range count {
		token, err := source.Token(context.Background(), refused)
		if err != nil {
			fmt.Println("error:", err)
			return 1
		}
		fmt.Println(token)
		refused = token
	}
	return 0
}

// TestProcesses: processes that refresh the same login at once do not lose it,
// where each refresh token is good once. When they want the same thing one of
// them asks for all.
func TestProcesses(t *testing.T) {
	const processes = 4
	for _, each := range []int{1, 10} {
		server := oauthtest.New(t, oauthtest.Options{})
		store := loggedIn(t, server, time.Now(), false)
		var children []*process
		for range processes {
			children = append(children, start(t, fmt.Sprintf("%s %s %d", filepath.Dir(store.Path()), server.TokenURL, each)))
		}
		for _, c := range children {
			fmt.Fprintln(c.stdin)
		}
		tokens := map[string]bool{}
		for _, c := range children {
			for _, line := range c.end(t) {
				tokens[line] = true
			}
		}
		refreshed := server.Grants("refresh_token")
		if server.Reused() != 0 || refreshed != len(tokens) || each == 1 && refreshed != 1 {
			t.Errorf("%d tokens each: %d different ones from %d refreshes, %d with a used refresh token", each, len(tokens), refreshed, server.Reused())
		}
		if again := oauth.NewSource(client(t, settings(server), oauth.Options{}), store); token(t, again, "") == "" {
			t.Error("the login is lost")
		}
		if left, _ := filepath.Glob(filepath.Join(filepath.Dir(store.Path()), ".*")); len(left) > 0 {
			t.Errorf("left behind: %q", left)
		}
	}
}

type process struct {
	cmd   *exec.Cmd
	stdin interface{ Write([]byte) (int, error) }
	out   *bufio.Scanner
}

func start(t *testing.T, what string) *process {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), child+"="+what)
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	p := &process{cmd, stdin, bufio.NewScanner(stdout)}
	if !p.out.Scan() || p.out.Text() != "ready" {
		t.Fatalf("the process says %q", p.out.Text())
	}
	return p
}

// end returns the lines that the process wrote, and holds that it ended well.
func (p *process) end(t *testing.T) (lines []string) {
	t.Helper()
	for p.out.Scan() {
		lines = append(lines, p.out.Text())
	}
	if err := p.cmd.Wait(); err != nil {
		t.Errorf("%v: %q", err, lines)
	}
	return lines
}
