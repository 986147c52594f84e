package imaptest

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// TokenScope is the scope that a server with [Tokens] demands of a token.
const TokenScope = "mail"

// Tokens lets Dovecot take access tokens, by OAUTHBEARER and XOAUTH2: those that
// [Server.Token] makes with [TokenScope].
func Tokens() Option { return func(o *dovecotOptions) { o.Tokens = true } }

// Token makes an access token (a JWT signed with HS256, RFC 7519) for a user,
// valid in a span of time that the server checks to the second.
func (s *Server) Token(user, scope string, from, until time.Time) string {
	part := func(v any) string {
		text, err := json.Marshal(v)
		if err != nil {
			panic(err) // maps of strings and numbers
		}
		return base64.RawURLEncoding.EncodeToString(text)
	}
	signed := part(map[string]any{"alg": "HS256", "typ": "JWT", "kid": "default"}) + "." +
		part(map[string]any{"sub": user, "scope": scope, "iss": "imaptest", "iat": from.Unix(), "nbf": from.Unix(), "exp": until.Unix()})
	mac := hmac.New(sha256.New, s.tokenKey)
	mac.Write([]byte(signed))
	return signed + "." + base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

// writeTokenKey puts what Dovecot needs to check tokens into dir.
func writeTokenKey(dir string, key []byte) error {
	keys := filepath.Join(dir, "keys", "default", "HS256")
	if err := os.MkdirAll(keys, 0o755); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(keys, "default"), []byte(base64.StdEncoding.EncodeToString(key)), 0o644); err != nil {
		return err
	}
	conf := fmt.Sprintf("introspection_mode = local\nlocal_validation_key_dict = fs:posix:prefix=%s/keys/\n"+
		"username_attribute = sub\nusername_format = %%u\nscope = %s\n", dir, TokenScope)
	return os.WriteFile(filepath.Join(dir, "oauth2.conf"), []byte(conf), 0o644)
}
