package oauthtest

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"testing"
)

// ServiceKey makes the key of a service account: its public half for Options,
// and the octets of a key file for the token URL.
func ServiceKey(tb testing.TB) (public *rsa.PublicKey, file func(tokenURL string) []byte) {
	tb.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		tb.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		tb.Fatal(err)
	}
	return &key.PublicKey, func(tokenURL string) []byte {
		text, err := json.Marshal(map[string]string{
			"type": "service_account", "client_email": "mailhaul@project.example", "private_key_id": "1",
			"private_key": string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})), "token_uri": tokenURL,
		})
		if err != nil {
			tb.Fatal(err)
		}
		return text
	}
}

// signedBy checks the signature of a JWT in three parts (RS256).
func signedBy(key *rsa.PublicKey, parts []string) bool {
	sum := sha256.Sum256([]byte(parts[0] + "." + parts[1]))
	signature, err := base64.RawURLEncoding.DecodeString(parts[2])
	return err == nil && rsa.VerifyPKCS1v15(key, crypto.SHA256, sum[:], signature) == nil
}
